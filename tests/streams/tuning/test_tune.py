"""What `distillwatch tune` proposes, from folders of backtests that never ran."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from models.control.annotation import Annotation
from models.control.encoding import encode_change
from models.finding import Activity, Finding, RequestRef, Severity, SignalReading
from streams.cli import main
from streams.ocsf import to_ocsf
from streams.settings import load_settings
from tests.models.control.changes import change, verdict

DAY_MS = 86_400_000
START_MS = 1_772_668_800_000
DAYS = 30


def finding(number: int, tenant: str) -> Finding:
    """An episode that opens on a day of its own."""
    time = START_MS + (number % DAYS) * DAY_MS
    return Finding(
        uid=f"00000000-0000-5000-8000-{number:012}",
        activity=Activity.CREATE,
        tenant=tenant,
        time=time,
        start_time=time - 60_000,
        severity=Severity.MEDIUM,
        risk_score=50,
        confidence_score=90,
        evidence=2e3,
        threshold=1e3,
        budget_days=90.0,
        count=4,
        signals=(SignalReading("novelty", 2.0, 1.0, "nats", 1.0),),
        requests=(RequestRef("r", "requests", 0, number, "00ff"),),
        content_seen=True,
        config_digest="0123456789ab",
    )


def tried(settings: str, found: Finding, later_ms: int = 0) -> dict[str, Any]:
    """The same episode as a try wrote it."""
    return {
        "settings": settings,
        "uid": found.uid,
        "tenant": found.tenant,
        "newcomer": False,
        "activity_id": 1,
        "time": found.time + later_ms,
        "start_time": found.start_time,
        "severity_id": 3,
        "excess": 2.0,
    }


def make_folder(
    findings: list[Finding],
    tries: dict[str, list[dict[str, Any]]],
    correlation: dict[str, Any] | None = None,
    tenants: int = 10,
) -> None:
    """Write the folder `report` as a backtest leaves it."""
    folder = Path("report")
    folder.mkdir()
    scores = [
        {
            "tenant": f"tenant-{number}",
            "time": START_MS + day * DAY_MS + 1,
            "requests": 10 * day,
            "state": "normal",
            "evidence": 1.0,
            "threshold": 1000.0,
            "signals": {},
        }
        for number in range(tenants)
        for day in range(DAYS)
    ]
    summary = {
        "events": 3_000,
        "tenants": tenants,
        "first": START_MS,
        "last": START_MS + DAYS * DAY_MS,
        "settings": {
            "detector": {"budget_days": 90.0, "block_requests": 2, "entropy_block_requests": 100},
            "score_seconds": 300,
        },
        "tried": [{"settings": settings} for settings in tries],
    }
    lines = {
        "findings.jsonl": [to_ocsf(found, replay=True) for found in findings],
        "dead-letters.jsonl": [],
        **{f"tried-{number}.jsonl": found for number, found in enumerate(tries.values(), 1)},
    }
    for name, records in lines.items():
        (folder / name).write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in records))
    packed = b"".join(orjson.dumps(score) + b"\n" for score in scores)
    (folder / "scores.jsonl.zst").write_bytes(zstandard.compress(packed))
    (folder / "summary.json").write_bytes(orjson.dumps(summary))
    (folder / "correlation.json").write_bytes(orjson.dumps(correlation or {}))


def give_verdicts(verdicts: dict[str, str]) -> None:
    records = [{"uid": uid, "verdict": verdict} for uid, verdict in verdicts.items()]
    Path("verdicts").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def findings() -> list[Finding]:
    """Two right ones, and ten false ones of which four are one tenant's."""
    tenants = ["bad", "worse", *["noisy"] * 4, *(f"tenant-{number}" for number in range(6))]
    return [finding(number, tenant) for number, tenant in enumerate(tenants)]


@pytest.fixture
def verdicts(findings: list[Finding]) -> dict[str, str]:
    return {
        found.uid: "true_positive" if number < 2 else "false_positive"
        for number, found in enumerate(findings)
    }


def test_the_budget_that_drops_false_alerts_and_no_right_one_is_proposed(
    findings: list[Finding], verdicts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    larger, largest = "detector.budget_days=180", "detector.budget_days=365"
    make_folder(
        findings,
        {
            larger: [tried(larger, found, 120_000) for found in findings[:6]],
            largest: [tried(largest, found) for found in findings[:1]],
        },
    )
    give_verdicts(verdicts)
    assert main(["tune", "report", "--verdicts", "verdicts", "--write", "proposed.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Verdicts: 2 right, 10 false" in lines
    (row,) = [" ".join(line.split()) for line in lines if line.startswith(larger)]
    assert row == f"{larger} 6 2 4 0 6 false 0 2 min later"
    why = "it drops 6 of 10 false alerts and none that were right"
    assert f"Proposed: detector.budget_days = 180, not 90: {why}." in lines
    assert "distillwatch control override noisy --budget-days 360" in "\n".join(lines)
    text = Path("proposed.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {"detector": {"budget_days": 180}}
    assert "# distillwatch control override noisy --budget-days 360" in text
    assert load_settings(Path("proposed.toml")).detector.budget_days == 180


def test_nothing_is_written_unless_asked(findings: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    make_folder(findings, {})
    before = sorted(path.name for path in Path().rglob("*"))
    assert main(["tune", "report"]) == 0
    assert sorted(path.name for path in Path().rglob("*")) == before
    assert "the budget allows 0.011 false ones" in capsys.readouterr().out


def test_without_verdicts_a_budget_is_proposed_only_provided_that_the_alerts_are_false(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    larger = "detector.budget_days=365"
    make_folder(findings, {larger: []})
    assert main(["tune", "report", "--write", "proposed.toml"]) == 0
    out = capsys.readouterr().out
    assert "Proposed, provided that the alerts are false: detector.budget_days = 365, not 90" in out
    assert "look at them first" in out
    assert tomllib.loads(Path("proposed.toml").read_text(encoding="utf-8")) == {"detector": {}}


def test_as_many_alerts_as_the_budget_allows_are_no_reason_to_change_it(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    make_folder(findings[:3], {"detector.budget_days=365": []})
    assert main(["tune", "report"]) == 0
    out = capsys.readouterr().out
    assert "Proposed: nothing." in out
    assert "The budget stays: 3 alerts in 300 tenant-days are in keeping with it" in out


def test_few_verdicts_are_called_a_hint_and_strangers_are_counted(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    make_folder(findings, {})
    give_verdicts({findings[0].uid: "true_positive", "unheard-of": "benign"})
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 0
    out = capsys.readouterr().out
    assert "Only 1 of the alerts have a verdict. What follows is a hint and no more" in out
    assert "1 verdicts are about findings that this backtest did not make." in out


def test_a_longer_block_is_proposed_only_when_it_was_tried_and_did_better(
    findings: list[Finding], verdicts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    longer = "detector.block_requests=20"
    shape = {"request shape": {"tenants": 9, "median": 4.0, "ninth_decile": 19.0}}
    make_folder(findings, {longer: [tried(longer, found) for found in findings[:5]]}, shape)
    assert main(["tune", "report"]) == 0
    out = capsys.readouterr().out
    span = "20 requests for the usual tenant and 120 for one in ten, by 9 of them"
    assert (
        f"detector.block_requests = 2 is short: correlation asks for {span}; those that were tried drop"
        in out
    )
    give_verdicts(verdicts)
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 0
    out = capsys.readouterr().out
    assert f"detector.block_requests = 20, not 2: correlation asks for {span}; it drops 7 false alerts" in out
    assert "detector.entropy_block_requests stays: too few requests to measure" in out


def test_records_of_the_control_topic_are_verdicts_too(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    make_folder(findings, {})
    changes = [
        change("allow", "a1", tenant="acme", purpose="tests"),
        verdict(findings[0].uid, "benign", name="v1"),
        verdict(findings[1].uid, "benign", name="v2"),
        change("remove", "r1", target="v2"),
    ]
    Path("verdicts").write_bytes(b"\n\n".join(encode_change(one)[1] for one in changes))
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 0
    assert "Verdicts: 1 false, 11 without" in capsys.readouterr().out


def test_a_control_record_that_is_refused_is_named_with_its_reason(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    make_folder(findings, {})
    Path("verdicts").write_bytes(b'{"kind": "verdict"}')
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 1
    assert "verdicts:1: missing_field: the required field 'version'" in capsys.readouterr().err


def test_verdicts_that_the_backtest_handed_out_count_unless_others_are_given(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    given = verdict(findings[0].uid, "true_positive", time=findings[0].time + 1)
    closed = replace(findings[0], activity=Activity.CLOSE, time=given.time)
    make_folder(findings, {})
    with Path("report/findings.jsonl").open("ab") as file:
        said = to_ocsf(closed, Annotation(verdict=given), replay=True)
        file.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
    assert main(["tune", "report"]) == 0
    assert "Verdicts: 1 right, 11 without" in capsys.readouterr().out
    give_verdicts({findings[0].uid: "benign"})
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 0
    assert "Verdicts: 1 false, 11 without" in capsys.readouterr().out


@pytest.mark.parametrize("line", [b"[]", b"{", b'{"uid": "x"}', b'{"uid": "x", "verdict": "maybe"}'])
def test_a_line_that_is_no_verdict_is_named(
    line: bytes, findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    make_folder(findings, {})
    Path("verdicts").write_bytes(b"\n" + line)
    assert main(["tune", "report", "--verdicts", "verdicts"]) == 1
    assert "distillwatch: verdicts:2 " in capsys.readouterr().err


def test_a_hostile_name_is_quoted_in_the_command_and_breaks_no_settings_file(
    findings: list[Finding], verdicts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = "x'; rm -rf /\n[kafka]\x1b[31m"
    renamed = [replace(one, tenant=name) if one.tenant == "noisy" else one for one in findings]
    make_folder(renamed, {})
    give_verdicts(verdicts)
    assert main(["tune", "report", "--verdicts", "verdicts", "--write", "proposed.toml"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert tomllib.loads(Path("proposed.toml").read_text(encoding="utf-8")) == {}
