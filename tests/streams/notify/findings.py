"""Findings as they stand on the alert topic, for the tests of whoever reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from models.finding import Activity, Severity
from streams.finding_view import FindingView, read_finding
from streams.ocsf import to_ocsf
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

MARKS = ("suppressed", "experimental", "replay", "sample")


def record(mark: str = "", **fields: Any) -> dict[str, Any]:
    """A tenant's finding with these fields, marked perhaps."""
    return marked(to_ocsf(replace(FINDING, **fields), replay=mark == "replay"), mark)


def campaign_record(mark: str = "", **fields: Any) -> dict[str, Any]:
    """A campaign's finding with these fields, marked perhaps."""
    return marked(to_ocsf(replace(CAMPAIGN, **fields), replay=mark == "replay"), mark)


def marked(found: dict[str, Any], mark: str) -> dict[str, Any]:
    """Mark a record as those who suppress, try out or test do."""
    if mark == "suppressed":
        found |= {"status_id": 3, "status": "Suppressed"}
    if mark == "experimental":
        found["finding_info"]["analytic"] |= {"state_id": 3, "state": "Experimental"}
    if mark == "sample":
        found["finding_info"]["title"] = f"[SAMPLE] {found['finding_info']['title']}"
    return found


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
