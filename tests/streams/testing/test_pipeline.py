"""The whole pipeline over a list of events."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

import streams.testing
from models.errors import SettingsError
from streams.cli import main
from streams.settings import EmbeddingSettings, ScoreSettings, Settings
from streams.settings_source import SourceSettings
from streams.testing import (
    AlertRecord,
    FakeSink,
    Outcome,
    Traffic,
    redelivered,
    run_pipeline,
    synthetic_traffic,
)

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "testing.md"
HASHED = Settings(embedding=EmbeddingSettings(kind="hashed"))


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return synthetic_traffic(38)


@pytest.fixture(scope="module")
def outcome(traffic: Traffic) -> Outcome:
    return run_pipeline(traffic.events, HASHED)


def test_the_worked_example_of_the_document_holds() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, str(DOCUMENT), "exec"), {"__name__": "example"})  # noqa: S102 - our own document


def test_the_document_names_all_that_is_public_and_nothing_else() -> None:
    named = re.findall(r"^\| `(\w+)`", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(streams.testing.__all__)


def test_the_findings_are_those_of_a_backtest_but_for_its_mark(
    traffic: Traffic, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events").write_bytes(b"\n".join(map(orjson.dumps, traffic.events)))
    hashed = ("--set", "embedding.kind=hashed")
    assert main([*hashed, "backtest", "--processes", "0", "events", "--alerts", "alerts"]) == 0
    expected = [orjson.loads(line) for line in Path("alerts").read_bytes().splitlines()]
    for finding in expected:
        assert finding["metadata"].pop("labels") == ["replay"]
    assert outcome.findings == expected
    assert outcome.findings


def test_accounts_that_harvest_together_are_named_together() -> None:
    traffic = synthetic_traffic(takeover=False, campaign=True)
    sink = FakeSink()
    run_pipeline(traffic.events, sink=sink)
    assert sink.alerted() <= set(traffic.attackers)
    assert len(sink.alerted()) >= 0.8 * len(traffic.attackers)
    assert all("tenant_uid" not in finding["metadata"] for finding in sink.findings)


def test_quiet_traffic_alerts_nobody() -> None:
    assert run_pipeline(synthetic_traffic(36, takeover=False).events, HASHED).records == []


def test_events_that_cannot_be_understood_are_told_with_their_place_and_stop_nothing(
    traffic: Traffic, outcome: Outcome
) -> None:
    mixed = run_pipeline([b"not json", {"id": "x"}, *traffic.events], HASHED)
    assert [(reject.line, reject.reason) for reject in mixed.rejects] == [
        (1, "not_json"),
        (2, "missing_field"),
    ]
    assert mixed.events == outcome.events
    assert len(mixed.records) == len(outcome.records)


def test_scores_are_told_where_they_are_enabled(traffic: Traffic, outcome: Outcome) -> None:
    assert outcome.scores == []
    hourly = ScoreSettings(enabled=True, interval_seconds=3600)
    scores = run_pipeline(traffic.events, HASHED.model_copy(update={"scores": hourly})).scores
    assert {score["tenant"] for score in scores} == traffic.tenants


def test_a_sink_that_refuses_ends_the_run_with_its_own_error(traffic: Traffic) -> None:
    with pytest.raises(ConnectionError, match="refuses this delivery"):
        run_pipeline(traffic.events, HASHED, sink=FakeSink(fail_first=1))


def test_redelivery_repeats_records_and_loses_none(outcome: Outcome) -> None:
    record = outcome.records[0]
    others = [AlertRecord(str(n).encode(), record.value, record.headers) for n in range(5)]
    delivered = list(redelivered(others, every=2))
    assert [one.key for one in delivered] == [b"0", b"1", b"0", b"2", b"3", b"2", b"4", b"4"]
    with pytest.raises(ValueError, match="every is 0"):
        list(redelivered(others, every=0))


def test_control_records_say_what_alerts_nobody(traffic: Traffic, outcome: Outcome) -> None:
    (attacker,) = traffic.attackers
    first = outcome.findings[0]
    allow = {"version": 1, "id": "a1", "time": first["time"], "author": "ann", "kind": "allow"}
    sink = FakeSink()
    allowed = run_pipeline(
        traffic.events, HASHED, control=[allow | {"tenant": attacker, "purpose": "tests"}], sink=sink
    )
    assert [one["time"] for one in allowed.findings] == [one["time"] for one in outcome.findings]
    assert allowed.findings[0]["unmapped"]["suppressed_by"] == ["a1"]
    assert sink.alerted() == set()


def test_a_control_record_that_is_refused_is_named() -> None:
    with pytest.raises(SettingsError, match="control:2: not_json"):
        run_pipeline([], HASHED, control=[b"", b"{"])


def test_events_may_be_records_of_another_format(traffic: Traffic, outcome: Outcome) -> None:
    paths = {"id": ("a",), "time": ("b",), "prompt": ("d.text",), "output_tokens": ("e",)}
    source = SourceSettings(format="mapping", tenant=("c",), fields=paths)
    rows = [
        {
            "a": event["id"],
            "b": event["time"],
            "c": event["tenant"],
            "d": {"text": event["prompt"]},
            "e": event["output_tokens"],
        }
        for event in traffic.events
    ]
    mapped = run_pipeline(rows, Settings(embedding=EmbeddingSettings(kind="hashed"), source=source))
    assert mapped.rejects == []
    assert mapped.events == outcome.events
    assert {one["metadata"]["tenant_uid"] for one in mapped.findings} == set(traffic.attackers)
