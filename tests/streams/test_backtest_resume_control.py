"""A backtest that is ended goes on under the changes by operators that it began with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.control.encoding import encode_change
from models.control.records import Change
from streams import backtest_run
from streams.cli import main
from streams.event_files import EventFile, Line
from tests.models.control.changes import HOUR, change, verdict
from tests.streams.campaign_world import world as campaign_world
from tests.streams.test_backtest import world as attack_world

SETTINGS = ("--set", "embedding.kind=hashed", "--set", "state.max_tenants=3")
RUN = (*SETTINGS, "backtest", "--processes", "0", "events", "--alerts", "alerts", "--report", "report")
TRY = ("--try", "detector.budget_days=5", "--control", "control")


class EndedError(Exception):
    """Stands for whatever ends the process."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)


def findings() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("alerts").read_bytes().splitlines()]


def written() -> list[bytes]:
    return [Path(name).read_bytes() for name in ("alerts", "report/findings.jsonl", "report/tried-1.jsonl")]


def give(*changes: Change) -> None:
    Path("control").write_bytes(b"\n".join(encode_change(one)[1] for one in changes))


def end_after(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the backtest fail when it has read so many lines."""
    original = EventFile.lines

    def cut_off(file: EventFile) -> Iterator[Line]:
        for line in original(file):
            if line.number > lines:
                raise EndedError
            yield line

    with monkeypatch.context() as patch:
        patch.setattr(EventFile, "lines", cut_off)
        with pytest.raises(EndedError):
            main([*RUN, *TRY])


def answer() -> tuple[Change, Change]:
    """Answer the first finding half an hour after it was opened, and silence all that comes later."""
    assert main([*RUN, "--try", "detector.budget_days=5"]) == 0
    opened = findings()[0]
    uid, time = opened["finding_info"]["uid"], opened["time"] + HOUR // 2
    tenant = opened["metadata"].get("tenant_uid")
    about = {"tenant": tenant, "signal": "novelty"} if tenant else {"signal": "campaign"}
    given = change("verdict", "v1", time, finding=uid, verdict="false_positive", **about)
    period = {"from": time, "until": time + 99 * HOUR}
    return given, change("suppress", "s1", reason="known", actions=["do_not_alert"], **period)


@pytest.mark.parametrize("events", [attack_world, lambda: list(map(orjson.dumps, campaign_world()))])
def test_verdicts_that_were_handed_out_stay_so(
    events: Callable[[], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = events()
    Path("events").write_bytes(b"\n".join(lines))
    give(*answer())
    assert main([*RUN, *TRY]) == 0
    expected, closed = written(), [one for one in findings() if one["activity_id"] == 3]
    assert closed[0]["unmapped"]["verdict"]["verdict"] == "false_positive"
    for ended in range(600, len(lines), 512):
        end_after(ended, monkeypatch)
        assert main([*RUN, *TRY, "--resume"]) == 0
        assert written() == expected


def test_other_changes_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("events").write_bytes(b"\n".join(attack_world()))
    given = verdict("u1")
    give(given)
    end_after(1_300, monkeypatch)
    give(given, change("allow", "a1", tenant="acme", purpose="tests"))
    assert main([*RUN, *TRY, "--resume"]) == 2
    assert "--resume: control: the backtest that was ended had others" in capsys.readouterr().err
