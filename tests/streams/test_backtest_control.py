"""A backtest under changes by operators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from models.config import DetectorConfig
from models.control.encoding import change_fields, encode_change
from models.control.records import Change
from streams.backtest_control import BacktestControl, load_control
from streams.cli import main
from tests.models.control.changes import HOUR, TIME, change, control, verdict
from tests.streams.test_backtest import ATTACK_AT, QUICK, world


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which one tenant turns to extraction."""
    file = tmp_path_factory.mktemp("events") / "events.jsonl"
    file.write_bytes(b"\n".join(world()))
    return file


def run(events: Path, folder: Path, *changes: Change) -> list[dict[str, Any]]:
    """Judge the file under changes, and return what is said."""
    records = folder / "control.jsonl"
    records.write_bytes(b"\n".join(encode_change(one)[1] for one in changes))
    options = ("--alerts", str(folder / "alerts"), "--control", str(records))
    assert main([*QUICK, str(events), *options]) == 0
    return [json.loads(line) for line in (folder / "alerts").read_bytes().splitlines()]


def test_without_a_change_it_says_what_it_said(events: Path, tmp_path: Path) -> None:
    assert main([*QUICK, str(events), "--alerts", str(tmp_path / "plain")]) == 0
    plain = [json.loads(line) for line in (tmp_path / "plain").read_bytes().splitlines()]
    assert run(events, tmp_path) == plain
    assert run(events, tmp_path, change("sample", "s1", tenant="acme")) == plain


def test_a_suppression_stands_in_the_findings(events: Path, tmp_path: Path) -> None:
    fields = {
        "reason": "known",
        "actions": ["do_not_alert"],
        "from": ATTACK_AT,
        "until": ATTACK_AT + 99 * HOUR,
    }
    found = run(events, tmp_path, change("suppress", "s1", **fields))
    assert found
    assert all(one["unmapped"]["suppressed_by"] == ["s1"] and not one["is_alert"] for one in found)


def test_a_window_takes_the_attack_out(events: Path, tmp_path: Path) -> None:
    period = {"from": ATTACK_AT, "until": ATTACK_AT + 99 * HOUR}
    assert run(events, tmp_path, change("window", "w1", tenant="*", purpose="load", **period)) == []


def test_a_verdict_takes_effect_when_the_events_have_reached_its_time(events: Path, tmp_path: Path) -> None:
    opened = run(events, tmp_path)[0]
    uid, tenant = opened["finding_info"]["uid"], opened["metadata"]["tenant_uid"]
    time = opened["time"] + HOUR // 2
    given = verdict(uid, "true_positive", time=time, tenant=tenant)
    found = run(events, tmp_path, given)
    (closed,) = [one for one in found if one["activity_id"] == 3 and one["finding_info"]["uid"] == uid]
    assert closed["time"] == time
    assert closed["unmapped"]["verdict"]["verdict"] == "true_positive"
    before = [one for one in found if one["time"] < time]
    assert before
    assert all("verdict" not in one["unmapped"] for one in before)


@pytest.mark.parametrize(
    "line", [b"{", b'{"version":1}', orjson.dumps({**change_fields(verdict("u1")), "x": 1})]
)
def test_a_bad_line_stops_the_start_and_is_named(line: bytes, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "control.jsonl"
    file.write_bytes(encode_change(verdict("u1"))[1] + b"\n\n" + line)
    assert main([*QUICK, "-", "--alerts", "-", "--control", str(file)]) == 2
    assert f"{file}:3: " in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: Any) -> None:
    assert main([*QUICK, "-", "--alerts", "-", "--control", str(tmp_path / "none")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_verdicts_are_handed_out_between_the_requests_before_and_after_them() -> None:
    made = [verdict(f"u{at}", name=f"v{at}", time=TIME + at, tenant=f"t{at}") for at in (5, 20, 20_000)]
    handed = BacktestControl(control(*made), DetectorConfig())
    newest = np.array([TIME, TIME + 4, TIME + 5, TIME + 30, TIME + 30])
    assert list(handed.parts(newest)) == [(0, 2, []), (2, 3, ["t5"]), (3, 5, ["t20"])]
    assert handed.answered == {"u5": TIME + 5, "u20": TIME + 20}
    assert handed.steering.verdicts.keys() == {"u5", "u20"}


def test_a_later_record_stands_in_place_of_one_with_its_id(tmp_path: Path) -> None:
    file = tmp_path / "control.jsonl"
    file.write_bytes(b"\n".join(encode_change(verdict("u1", what))[1] for what in ("test", "benign")))
    (found,) = load_control(file).changes.values()
    assert change_fields(found)["verdict"] == "benign"


def test_a_report_knows_what_operators_changed(events: Path, tmp_path: Path, capsys: Any) -> None:
    opened = run(events, tmp_path)[0]
    uid = opened["finding_info"]["uid"]
    period = {"from": ATTACK_AT, "until": ATTACK_AT + 99 * HOUR}
    quiet = change("suppress", "s1", reason="known", actions=["do_not_alert"], **period)
    told = verdict(uid, "benign", time=opened["time"] + HOUR // 2, tenant=opened["metadata"]["tenant_uid"])
    folder = tmp_path / "report"
    records = tmp_path / "control.jsonl"
    records.write_bytes(b"\n".join(encode_change(one)[1] for one in (quiet, told)))
    options = ("--alerts", str(tmp_path / "out"), "--control", str(records), "--report", str(folder))
    assert main([*QUICK, str(events), *options, "--try", "campaigns.false_per_day=0.01"]) == 0
    tried = [json.loads(line) for line in (folder / "tried-1.jsonl").read_bytes().splitlines()]
    assert any(one["uid"] == uid and one["activity_id"] == 3 and one["time"] == told.time for one in tried)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "of these suppressed or in shadow" in page
    assert "<td>suppressed, benign</td>" in page
    capsys.readouterr()
    assert main(["explain", uid, "--from", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Suppressed by s1: it alerted nobody." in lines
    assert any(line.startswith(f"{told.author} judged it benign") for line in lines)


def test_what_was_handed_out_before_a_backtest_went_on_is_not_handed_out_again() -> None:
    made = [verdict(f"u{at}", name=f"v{at}", time=TIME + at, tenant=f"t{at}") for at in (5, 20)]
    handed = BacktestControl(control(*made), DetectorConfig())
    handed.go_on(TIME + 10)
    assert handed.answered == {"u5": TIME + 5}
    assert list(handed.parts(np.array([TIME + 10, TIME + 30]))) == [(0, 1, []), (1, 2, ["t20"])]
