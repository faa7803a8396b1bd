"""CloudEvents attributes in the headers of a finding's record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.finding import Activity, Finding, Severity
from streams.cloudevents import headers, rfc3339

FINDING = Finding(
    uid="4f0c2a6e-1111-5222-8333-444444444444",
    activity=Activity.CREATE,
    tenant="acme",
    time=1_772_582_400_500,
    start_time=1_772_578_800_000,
    severity=Severity.MEDIUM,
    risk_score=50,
    confidence_score=90,
    evidence=1_300.0,
    threshold=1_250.0,
    budget_days=90.0,
    count=57,
    signals=(),
    requests=(),
    content_seen=True,
    config_digest="abcdef012345",
)


def attributes(finding: Finding) -> dict[str, str]:
    """The headers as texts."""
    return {name: value.decode() for name, value in headers(finding)}


def test_the_headers_are_those_of_the_binary_mode() -> None:
    assert attributes(FINDING) == {
        "ce_id": "4f0c2a6e-1111-5222-8333-444444444444/1/1772582400500",
        "ce_source": "distillwatch",
        "ce_specversion": "1.0",
        "ce_type": "distillwatch.finding.created",
        "ce_time": "2026-03-04T00:00:00.500Z",
        "ce_subject": "acme",
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    ("activity", "name"),
    [(Activity.CREATE, "created"), (Activity.UPDATE, "updated"), (Activity.CLOSE, "closed")],
)
def test_the_type_tells_the_activity(activity: Activity, name: str) -> None:
    assert attributes(replace(FINDING, activity=activity))["ce_type"] == f"distillwatch.finding.{name}"


def test_a_finding_that_is_sent_again_has_the_same_id() -> None:
    assert headers(replace(FINDING)) == headers(FINDING)
    again = replace(FINDING, evidence=9_999.0, risk_score=60)
    assert attributes(again)["ce_id"] == attributes(FINDING)["ce_id"]


@pytest.mark.parametrize("fields", [{"activity": Activity.UPDATE}, {"time": 1}, {"uid": "other"}], ids=str)
def test_another_statement_has_another_id(fields: dict[str, Any]) -> None:
    assert attributes(replace(FINDING, **fields))["ce_id"] != attributes(FINDING)["ce_id"]


def test_any_tenant_can_be_a_subject() -> None:
    assert attributes(replace(FINDING, tenant="Überbank 漢字"))["ce_subject"] == "Überbank 漢字"


@given(st.integers(946_684_800_000, 4_102_444_799_999))
@settings(deadline=None, max_examples=100)
def test_a_time_is_rfc_3339_in_utc_to_the_millisecond(time: int) -> None:
    text = rfc3339(time)
    assert text.endswith("Z")
    assert len(text) == len("2026-03-04T00:00:00.500Z")
    assert round(datetime.fromisoformat(text).timestamp() * 1000) == time
