"""Backtests of a small fleet: accounts that harvest together are named together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.cli import main
from tests.streams.campaign_world import accounts, world

RUN = ("--set", "embedding.kind=hashed", "--set", "campaigns.quiet_days=0.5")
BACKTEST = ("backtest", "--processes", "0", "--alerts", "alerts")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(records: list[dict[str, Any]], *words: str, flags: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Run a backtest of these requests and return its findings."""
    Path("events").write_bytes(b"\n".join(map(orjson.dumps, records)))
    assert main([*RUN, *flags, *BACKTEST, "events", *words]) == 0
    return [json.loads(line) for line in Path("alerts").read_bytes().splitlines()]


def members(findings: list[dict[str, Any]]) -> list[str]:
    return [one["uid"] for found in findings for one in found["resources"]]


def test_accounts_that_harvest_together_are_named_and_nobody_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    findings = run(world(), "--report", "report")
    assert [found["activity_id"] for found in findings][:: len(findings) - 1] == [1, 3]
    assert len({found["finding_info"]["uid"] for found in findings}) == 1
    assert set(members(findings)) <= accounts()
    assert len(members(findings)) >= 0.9 * len(accounts())
    summary = json.loads(Path("report/summary.json").read_bytes())
    assert summary["findings"] == []
    assert {entry["activity"] for entry in summary["campaigns"]} >= {"create", "close"}
    assert "1 campaigns" in capsys.readouterr().out
    assert "teacher" not in json.dumps(findings)


@pytest.mark.parametrize("flag", ["campaigns.enabled=false", "population.enabled=false"])
def test_where_they_are_not_sought_none_are_found(flag: str) -> None:
    assert run(world(), flags=("--set", flag)) == []


def test_what_is_said_does_not_depend_on_how_much_is_in_memory() -> None:
    whole = run(world())
    few = ("--set", "state.max_tenants=3", "--set", "state.checkpoint_events=7")
    assert run(world(), flags=few) == whole
