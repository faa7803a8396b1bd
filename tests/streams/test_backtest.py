"""Backtests of a small simulated world: one tenant, its history, and its turn to extraction."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from streams.backtest_folder import BacktestFolder
from streams.cli import main
from streams.simulation import ATTACK, ATTACKER, HOUR_MS, SOURCES, START_MS, simulate

ATTACK_AT = START_MS + 30 * HOUR_MS
QUICK = ("--set", "embedding.kind=hashed", "backtest", "--processes", "0")


def world() -> list[bytes]:
    sources = (replace(SOURCES[0], sessions_per_hour=30), SOURCES[1], replace(ATTACK, begin_ms=ATTACK_AT))
    until = ATTACK_AT + 2 * HOUR_MS
    return [orjson.dumps(x.record) for x in takewhile(lambda x: x.time < until, simulate(3, sources))]


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return world()


@pytest.fixture(scope="module")
def expected(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The findings of the plain file."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "events").write_bytes(b"\n".join(lines))
    assert main([*QUICK, str(folder / "events"), "--alerts", str(folder / "alerts")]) == 0
    return (folder / "alerts").read_bytes()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def named(findings: bytes) -> list[tuple[Any, ...]]:
    """What names a finding on any transport."""
    records = [json.loads(line) for line in findings.splitlines()]
    return [
        (
            record["finding_info"]["uid"],
            record["activity_id"],
            record["metadata"]["tenant_uid"],
            record["time"],
        )
        for record in records
    ]


def test_the_attacker_is_found_and_nobody_else(expected: bytes) -> None:
    found = named(expected)
    assert {tenant for _, _, tenant, _ in found} == {ATTACKER}
    assert [activity for _, activity, _, _ in found].count(1) == 1
    assert all(time >= ATTACK_AT for *_, time in found)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_gives_the_same_findings(
    lines: list[bytes], expected: bytes, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "events").write_bytes(pack(b"\n".join(lines)))
    assert main([*QUICK, "events", "--alerts", "alerts"]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)


def test_stdin_gives_the_same_findings_on_stdout(
    lines: list[bytes],
    expected: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    with open(os.open("events", os.O_RDONLY)) as stdin:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr("sys.stdin", stdin)
        assert main([*QUICK, "-", "--alerts", "-"]) == 0
    captured = capfdbinary.readouterr()
    assert named(captured.out) == named(expected)
    assert b"events of 2 tenants" in captured.err


def test_two_processes_write_the_same_bytes_as_none(
    lines: list[bytes], expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    assert main([*QUICK[:-1], "2", "events", "--alerts", "alerts"]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)


def test_two_files_are_read_as_one_stream(lines: list[bytes], expected: bytes, tmp_path: Path) -> None:
    half = len(lines) // 2
    (tmp_path / "first").write_bytes(b"\n".join(lines[:half]))
    (tmp_path / "second").write_bytes(b"\n".join(lines[half:]))
    assert main([*QUICK, "first", "second", "--alerts", "alerts"]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)


def test_tenants_that_do_not_fit_into_memory_are_judged_all_the_same(
    lines: list[bytes], expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    tight = ["--set", "state.max_tenants=1", "--set", "state.checkpoint_events=7"]
    assert main([*tight, *QUICK, "events", "--alerts", "alerts"]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)


def test_bad_lines_are_named_and_stop_nothing(
    lines: list[bytes], expected: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [b"", b"{broken", b'{"id": "x"}', b'{"id": 7, "time": 1, "tenant": "t"}', b"x" * 5_000]
    (tmp_path / "events").write_bytes(b"\n".join([*lines[:10], *bad, *lines[10:]]))
    limit = ["--set", "source.max_record_bytes=4096"]
    assert main([*limit, *QUICK, "events", "--alerts", "alerts", "--report", "report"]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)
    letters = (tmp_path / "report" / "dead-letters.jsonl").read_bytes().splitlines()
    assert [(letter["line"], letter["reason"]) for letter in map(json.loads, letters)] == [
        (12, "not_json"),
        (13, "missing_field"),
        (14, "wrong_type"),
        (15, "record_too_large"),
    ]
    out = capsys.readouterr().out
    assert "dead letters: 1 not_json (events:12)" in out
    assert "blank lines left out: 1" in out


def test_the_report_counts_what_the_summary_says(
    lines: list[bytes], expected: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    assert main([*QUICK, "events", "--alerts", "alerts", "--report", "report"]) == 0
    report = json.loads((tmp_path / "report" / "summary.json").read_bytes())
    assert (report["events"], report["tenants"], report["dead_letters"]) == (len(lines), 2, [])
    assert sum(row["count"] for row in report["findings"]) == len(named(expected))
    assert f"{len(lines):,} events of 2 tenants" in capsys.readouterr().out


def test_no_text_of_a_prompt_is_written_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = [line.replace(b"You help", b"MARKED-PROMPT help") for line in world()]
    (tmp_path / "events").write_bytes(b"\n".join([*marked, b'{"prompt": "MARKED-PROMPT"']))
    assert main([*QUICK, "events", "--alerts", "alerts", "--report", "report"]) == 0
    captured = capsys.readouterr()
    written = [path.read_bytes() for path in (tmp_path / "alerts", *(tmp_path / "report").iterdir())]
    scores = b"".join(orjson.dumps(score) for score in BacktestFolder(tmp_path / "report").scores())
    assert "MARKED-PROMPT" not in captured.out + captured.err
    assert b"MARKED-PROMPT" not in b"".join([*written, scores])
    assert len(scores) > 1_000


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["none.jsonl", "--alerts", "out"], "cannot read none.jsonl: there is no such file"),
        (["events", "--alerts", "no/where"], "cannot write no/where: No such file or directory"),
        (["events", "--alerts", "out", "--report", "events"], "cannot make the folder events: File exists"),
    ],
)
def test_files_that_cannot_be_used_end_with_1_and_a_line(
    arguments: list[str], error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events").write_bytes(b"")
    assert main([*QUICK, *arguments]) == 1
    assert capsys.readouterr().err == f"distillwatch: {error}\n"


def test_how_each_tenant_stands_is_written_once_an_interval(
    lines: list[bytes], expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    words = ["events", "--alerts", "alerts", "--scores", "scores"]
    assert main(["--set", "scores.interval_seconds=3600", *QUICK, *words]) == 0
    assert named((tmp_path / "alerts").read_bytes()) == named(expected)
    scores = [json.loads(line) for line in (tmp_path / "scores").read_bytes().splitlines()]
    hours = {(json.loads(line)["tenant"], json.loads(line)["time"] // HOUR_MS) for line in lines}
    told = [(score["tenant"], score["time"] // HOUR_MS - 1) for score in scores]
    assert len(set(told)) == len(told) == len(hours) - 2
    assert set(told) < hours
    opened = {score["episode"] for score in scores if score["state"] == "alerting"}
    assert opened == {uid for uid, activity, *_ in named(expected) if activity == 1}
