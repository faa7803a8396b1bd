"""Findings as they stand on the alert topic, for the tests of whoever reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from models.control.annotation import PLAIN, Annotation
from models.finding import Activity, Severity
from streams.finding_view import FindingView, read_finding
from streams.ocsf import to_ocsf
from tests.models.control.changes import verdict
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

ANNOTATIONS = {
    "suppressed": Annotation(suppressed_by=("c1",)),
    "experimental": Annotation(shadow_by="c1"),
    "tried": Annotation(would_suppress=("c1",), override="c2"),
    "answered": Annotation(verdict=verdict(FINDING.uid, reason="a second product")),
    "sample": Annotation(sample="c1"),
}
MARKS = ("suppressed", "experimental", "replay", "sample")
EVERY = (*ANNOTATIONS, "replay")
OF_CAMPAIGNS = tuple(mark for mark in EVERY if mark != "sample")
"""Samples are of tenants alone."""


def record(mark: str = "", **fields: Any) -> dict[str, Any]:
    """A tenant's finding with these fields, marked perhaps."""
    return to_ocsf(replace(FINDING, **fields), ANNOTATIONS.get(mark, PLAIN), replay=mark == "replay")


def campaign_record(mark: str = "", **fields: Any) -> dict[str, Any]:
    """A campaign's finding with these fields, marked perhaps."""
    return to_ocsf(replace(CAMPAIGN, **fields), ANNOTATIONS.get(mark, PLAIN), replay=mark == "replay")


def value(mark: str = "", **fields: Any) -> bytes:
    """The value of a record."""
    return orjson.dumps(record(mark, **fields))


def view(mark: str = "", **fields: Any) -> FindingView:
    """A tenant's finding as it is read."""
    return read_finding(value(mark, **fields))


def campaign_view(mark: str = "", **fields: Any) -> FindingView:
    """A campaign's finding as it is read."""
    return read_finding(orjson.dumps(campaign_record(mark, **fields)))


def episode(uid: str, *, tenant: str = "acme", at: int = FINDING.time) -> list[bytes]:
    """The values of a whole episode: opened, graver, closed."""
    steps = (
        (Activity.CREATE, Severity.MEDIUM),
        (Activity.UPDATE, Severity.HIGH),
        (Activity.CLOSE, Severity.HIGH),
    )
    return [
        value(uid=uid, tenant=tenant, activity=activity, severity=severity, time=at + number * 1000)
        for number, (activity, severity) in enumerate(steps)
    ]
