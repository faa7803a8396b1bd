"""Parquet files as events."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import parquet

from models.errors import DistillwatchError, SettingsError
from streams.cli import main
from streams.event_files import EventFile
from streams.testing import synthetic_traffic


def write(path: Path, rows: list[dict[str, object]], schema: pa.Schema | None = None) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=2)
    return path


def read(path: Path, limit: int = 10_000) -> list[object]:
    return [orjson.loads(line.value) for line in EventFile(str(path), limit).lines()]


def test_a_row_is_an_object_of_the_columns_that_have_a_value(tmp_path: Path) -> None:
    rows = [{"id": "a", "prompt": None, "n": 1}, {"id": "b", "prompt": "hi", "n": None}, {"id": "c", "n": 3}]
    path = write(tmp_path / "x.parquet", rows)
    assert read(path) == [{"id": "a", "n": 1}, {"id": "b", "prompt": "hi"}, {"id": "c", "n": 3}]


def test_times_numbers_and_nested_values_become_json(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "zoned": datetime(2026, 3, 5, 12, tzinfo=UTC),
        "naive": datetime(2026, 3, 5, 12),  # noqa: DTZ001 - without a zone on purpose
        "whole": Decimal(7),
        "part": Decimal("1.5"),
        "text": b"bytes",
        "inner": {"list": [1, 2]},
    }
    (found,) = read(write(tmp_path / "x.parquet", [row]))
    times = {"zoned": "2026-03-05T12:00:00+00:00", "naive": "2026-03-05T12:00:00+00:00"}
    assert found == times | {"whole": 7, "part": 1.5, "text": "bytes", "inner": {"list": [1, 2]}}


def test_a_row_that_is_too_long_is_cut_off_and_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", [{"id": "x" * 50}, {"id": "y"}])
    assert [(line.number, line.whole) for line in EventFile(str(path), 20).lines()] == [(1, False), (2, True)]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", [{"id": "a"}] * 9)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DistillwatchError, match=r"x\.parquet is damaged after row 0 .*; restore the file"):
        read(path)


def test_bytes_that_are_no_text_are_refused_with_their_row(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", [{"id": b"a"}, {"id": b"\xff"}])
    with pytest.raises(
        DistillwatchError, match=r"x\.parquet row 2: a column is of a type that JSON cannot say"
    ):
        read(path)


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.parquet", [{"id": "a"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SettingsError, match=r"pip install 'distillwatch\[parquet\]'"):
        read(path)


def test_a_backtest_finds_in_rows_what_it_finds_in_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    traffic = synthetic_traffic(38)
    names = {name for event in traffic.events for name in event}
    write(Path("events.x"), [dict.fromkeys(names) | event for event in traffic.events])
    Path("lines/events.x").parent.mkdir()
    Path("lines/events.x").write_bytes(b"\n".join(map(orjson.dumps, traffic.events)))
    found = []
    for folder in (".", "lines"):
        monkeypatch.chdir(tmp_path / folder)
        words = ("backtest", "--processes", "0", "events.x", "--alerts", "alerts")
        assert main(["--set", "embedding.kind=hashed", *words]) == 0
        found.append(Path("alerts").read_bytes())
    assert found[0] == found[1]
    assert b"ridgeline-outdoor" in found[0]


def test_rows_are_read_in_the_format_that_they_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows: list[dict[str, object]] = [
        {
            "request": event["id"],
            "at": event["time"],
            "who": {"team": event["tenant"]},
            "said": event["prompt"],
        }
        for event in synthetic_traffic(36).events
    ]
    write(Path("x.parquet"), rows)
    paths = {"id": "request", "time": "at", "prompt": "said"}
    fields = [f"--set=source.fields.{name}={path}" for name, path in paths.items()]
    given = ("--set=embedding.kind=hashed", *fields, "--set=source.tenant=who.team")
    options = ("--format", "mapping", "--processes", "0", "--alerts", "alerts", "--report", "report")
    assert main([*given, "backtest", "x.parquet", *options]) == 0
    summary = orjson.loads(Path("report/summary.json").read_bytes())
    assert summary["events"] == len(rows)
    assert summary["settings"]["format"] == "mapping"
    assert "prompt, embedding" not in summary["missing"]


def test_rows_are_no_messages(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", [{"id": "a"}])
    with pytest.raises(DistillwatchError, match=r"x\.parquet is Parquet, whose rows hold no"):
        list(EventFile(str(path), 1_000, delimited=True).lines())
