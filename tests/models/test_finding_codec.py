from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import SnapshotError
from models.finding import Activity, Finding, RequestRef, Severity, SignalReading, episode_uid
from models.finding_codec import decode_finding, encode_finding

FINDING = Finding(
    uid=episode_uid("acme", "r1"),
    activity=Activity.UPDATE,
    tenant="acme",
    time=1_772_582_400_000,
    start_time=1_772_575_200_000,
    severity=Severity.HIGH,
    risk_score=60,
    confidence_score=90,
    evidence=2e6,
    threshold=1e3,
    budget_days=90.0,
    count=40,
    signals=(SignalReading("novelty", 2.0, -1.0, "nats", 3.0), SignalReading("rate", 1.0, 0.0, "a day", 0.0)),
    requests=(RequestRef("r1", "llm-requests", 0, 17, "00ff"), RequestRef("r2", "llm-requests", 3, 18, "")),
    content_seen=True,
    config_digest="0123456789ab",
    population="2026-03-05T07:40Z-1684ea4e",
    campaign=episode_uid("campaign", "r0"),
)


@pytest.mark.parametrize(
    "finding",
    [FINDING, replace(FINDING, requests=(), population="", campaign="", content_seen=False)],
)
def test_a_finding_comes_back_as_it_was(finding: Finding) -> None:
    assert decode_finding(encode_finding(finding)) == finding


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": ""},
        {"signals": ()},
        {"uid": "short"},
        {"tenant": "a" * 300},
        {"risk_score": 101},
        {"time": 5},
        {"evidence": float("nan")},
        {"threshold": -1.0},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SnapshotError):
        decode_finding(encode_finding(replace(FINDING, **changes)))  # type: ignore[arg-type]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damage_is_noticed_or_harmless(data: st.DataObject) -> None:
    value = bytearray(encode_finding(FINDING))
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(value[: data.draw(st.integers(0, len(value)))])
    for damaged in (bytes(value), cut, bytes(value) + b"\0"):
        try:
            found = decode_finding(damaged)
        except SnapshotError:
            continue
        assert decode_finding(encode_finding(found)) == found
