"""What `distillwatch explain` tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.control.annotation import Annotation
from models.control.records import Sample
from models.control.sample import sample_of
from models.errors import DistillwatchError
from streams.case import cases_of
from streams.cli import main
from streams.explain import Told, explain
from streams.ocsf import to_ocsf
from streams.settings import EmbeddingSettings, ScoreSettings, Settings
from streams.testing import Outcome, Traffic, run_pipeline, synthetic_traffic
from tests.models.control.changes import change
from tests.streams.campaign_world import accounts, world
from tests.streams.test_ocsf import FINDING

SETTINGS = Settings(
    embedding=EmbeddingSettings(kind="hashed"), scores=ScoreSettings(enabled=True, interval_seconds=600)
)


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return synthetic_traffic(38)


@pytest.fixture(scope="module")
def outcome(traffic: Traffic) -> Outcome:
    return run_pipeline(traffic.events, SETTINGS)


@pytest.fixture(scope="module")
def campaign() -> Outcome:
    return run_pipeline(world(), SETTINGS)


def told(outcome: Outcome) -> Told:
    return Told("memory", outcome.findings, outcome.scores)


def uid(outcome: Outcome) -> str:
    return str(outcome.findings[0]["finding_info"]["uid"])


def test_an_episode_is_told_with_its_figures(traffic: Traffic, outcome: Outcome) -> None:
    ((attacker, _),) = traffic.attackers.items()
    first = outcome.findings[0]
    text = "\n".join(explain(uid(outcome), told(outcome)))
    assert text.startswith(f"Episode {uid(outcome)} of tenant {attacker}\nOpened 2026-03-06 ")
    assert "one false alert a tenant in 90 days" in text
    assert "Before that it was 0." in text
    assert "Compared with its own past, the strongest signal first:" in text
    strongest = first["anomaly_analyses"][0]["anomalies"][0]["observation_parameter"]
    assert f"  {strongest}" in text
    request = outcome.findings[-1]["evidences"][0]["data"]["requests"][-1]
    assert f"  {request['request_id']}  events partition 0 offset {request['offset']}" in text
    assert "Runbook: docs/operations.md#an-alert-opened." in text


def test_a_tenant_is_told_by_its_standing_and_its_episodes(traffic: Traffic, outcome: Outcome) -> None:
    (attacker,) = traffic.attackers
    lines = explain(attacker, told(outcome))
    assert lines[0].startswith(f"Tenant {attacker} is alerting as of 2026-03-06")
    assert f"Episode {uid(outcome)} of tenant {attacker}" in lines


def test_a_tenant_without_an_alert_is_told_as_such(outcome: Outcome) -> None:
    lines = explain("alder-bank", told(outcome))
    assert lines[0].startswith("Tenant alder-bank is normal")
    assert lines[-1] == "There is no alert on it."


def test_a_campaign_is_told_with_its_accounts(campaign: Outcome) -> None:
    text = "\n".join(explain(uid(campaign), told(campaign)))
    assert text.startswith(f"Campaign {uid(campaign)} of ")
    assert "of the prompts were sent by one account alone" in text
    assert sum(f"  {account}  joined" in text for account in accounts()) >= 0.9 * len(accounts())


def test_a_member_of_a_campaign_is_led_to_it(campaign: Outcome) -> None:
    case = cases_of(campaign.findings)[uid(campaign)]
    lines = explain(next(iter(case.members)), told(campaign))
    assert f"It is named in campaign {case.uid}: `distillwatch explain {case.uid}`." in lines


def test_repeats_and_records_of_others_change_nothing(outcome: Outcome) -> None:
    foreign = {"class_uid": 2004, "metadata": {"product": {"name": "another"}}}
    noisy = [{"hello": 1}, foreign, *outcome.findings, *outcome.findings]
    assert explain(uid(outcome), Told("x", noisy, outcome.scores)) == explain(uid(outcome), told(outcome))


def test_nothing_that_a_name_holds_reaches_the_terminal_as_a_command(outcome: Outcome) -> None:
    text = json.dumps(outcome.findings).replace("ridgeline-outdoor", "\\u001b[31mred")
    found: list[dict[str, Any]] = json.loads(text)
    assert "\x1b" not in "\n".join(explain(uid(outcome), Told("x", found)))


def test_who_is_unknown_is_said_with_the_place(outcome: Outcome) -> None:
    with pytest.raises(DistillwatchError, match="nothing is known of 'nobody' in memory: give a tenant, or"):
        explain("nobody", told(outcome))


def test_the_command_reads_the_folder_of_a_backtest(
    traffic: Traffic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events").write_bytes(b"\n".join(map(orjson.dumps, traffic.events)))
    hashed = ("--set", "embedding.kind=hashed")
    run = ("backtest", "--processes", "0", "events", "--alerts", "alerts", "--report", "report")
    assert main([*hashed, *run]) == 0
    capsys.readouterr()
    assert main(["explain", *traffic.attackers, "--from", "report"]) == 0
    assert "(a replay of the past)" in capsys.readouterr().out
    assert main(["explain", "nobody", "--from", "report"]) == 1
    assert "nothing is known of 'nobody' in report" in capsys.readouterr().err


def test_a_folder_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "x", "--from", str(tmp_path)]) == 1
    assert "is no folder of a finished backtest" in capsys.readouterr().err


def test_a_test_finding_is_told_as_one() -> None:
    found = to_ocsf(sample_of("c1", 1_772_668_800_000, Sample("acme")), Annotation(sample="c1"))
    lines = explain(found["finding_info"]["uid"], Told("memory", [found]))
    assert lines[0].startswith("Test finding ")
    assert "nothing was observed, and nothing is to be done" in lines[1]


def test_what_operators_say_of_a_finding_is_told() -> None:
    said = Annotation(
        suppressed_by=("s1",),
        would_suppress=("d1", "d2"),
        shadow_by="x1",
        override="o1",
        verdict=change(
            "verdict", finding=FINDING.uid, verdict="benign", tenant="acme", signal="novelty", reason="QA"
        ),
    )
    found = to_ocsf(FINDING, said)
    text = "\n".join(explain(FINDING.uid, Told("memory", [found])))
    for line in (
        "Suppressed by s1: it alerted nobody.",
        "In shadow by x1: its findings are marked as experimental and alerted nobody.",
        "A dry run would have suppressed it: d1, d2.",
        "Judged by settings of the tenant's own: o1.",
        "ann judged it benign: QA.",
    ):
        assert line in text
