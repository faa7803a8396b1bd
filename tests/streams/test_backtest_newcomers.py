"""Backtests of a small population: newcomers are compared with their peers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.config import DetectorConfig
from streams.baseline import load_baseline
from streams.cli import main
from tests.streams.newcomer_world import HOUR_MS, START_MS, world

RUN = ("--set", "embedding.kind=hashed")
BACKTEST = ("backtest", "--processes", "0", "--alerts", "alerts")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(records: list[dict[str, Any]], *words: str, flags: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Run a backtest of these requests and return its findings."""
    Path("events").write_bytes(b"\n".join(map(orjson.dumps, records)))
    assert main([*RUN, *flags, *BACKTEST, "events", *words]) == 0
    return [json.loads(line) for line in Path("alerts").read_bytes().splitlines()]


def said(findings: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(found["metadata"]["tenant_uid"], found["activity_id"]) for found in findings]


def test_thieves_without_a_past_are_accused_updated_and_closed() -> None:
    findings = run(world())
    assert {tenant for tenant, _ in said(findings)} == {"thief-1-1", "thief-2-1"}
    for thief in ("thief-1-1", "thief-2-1"):
        activities = [activity for tenant, activity in said(findings) if tenant == thief]
        assert (activities[0], activities[-1]) == (1, 3)
    assert [found["time"] for found in findings] == sorted(found["time"] for found in findings)


def test_a_finding_says_in_plain_words_that_there_was_no_past_and_names_the_baseline() -> None:
    found = run(world())[0]
    assert found["message"].startswith(
        "Tenant thief-1-1 has no past of its own and was compared with its peers when they were as new: in "
        "its first 50 requests it looks more like a harvest than one tenant in 6,000 (tokens beside"
    )
    assert found["count"] == 50
    assert found["unmapped"]["population"].startswith("2026-03-05T07:")
    assert "subject" not in json.dumps(found)
    assert found["evidences"][0]["data"]["requests"][0]["request_id"] == "thief-1-1-49"


def test_a_finding_of_its_own_past_names_no_baseline() -> None:
    assert all("population" in found["unmapped"] for found in run(world()))
    flags = [{**record, "flags": ["canary"]} for record in world() if "clock" in record["tenant"]]
    found = run([{**record, "flags": []} for record in flags[:250]] + flags[250:])
    assert found
    assert not any("population" in one["unmapped"] for one in found)


def test_who_is_not_compared_is_not_accused() -> None:
    assert run(world(), flags=("--set", "population.enabled=false")) == []


def test_a_saved_baseline_spares_a_fleet_its_first_day() -> None:
    run(world(1), "--save-population", "baseline")
    assert load_baseline(Path("baseline"), DetectorConfig()).ready
    few = [record for record in world(2, skip=30 * HOUR_MS) if "shop" not in record["tenant"]]
    later = [{**record, "time": record["time"] + 40 * HOUR_MS} for record in few]
    assert run(later) == []
    assert {tenant for tenant, _ in said(run(later, "--population", "baseline"))} == {
        "thief-1-2",
        "thief-2-2",
    }


def test_a_run_in_two_parts_says_what_one_says() -> None:
    records = world()
    whole = run(records)
    border = next(n for n, record in enumerate(records) if record["time"] > START_MS + 36 * HOUR_MS)
    first = run(records[:border], "--save-population", "baseline")
    second = run(records[border:], "--population", "baseline")
    assert first + second == whole


def test_a_damaged_baseline_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("events").write_text("")
    Path("baseline").write_bytes(b"DS of another kind")
    assert main([*RUN, *BACKTEST, "events", "--population", "baseline"]) == 2
    assert "baseline is no population baseline, or a damaged one" in capsys.readouterr().err


def test_a_baseline_is_not_saved_where_none_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    Path("events").write_text("")
    flags = ("--set", "population.enabled=false")
    assert main([*RUN, *flags, *BACKTEST, "events", "--save-population", "baseline"]) == 2
    assert "--save-population needs population.enabled = true" in capsys.readouterr().err
