"""A record of the alert topic as people and other systems are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from models.errors import DecodeError
from models.event import LATEST_MS
from models.finding import Activity, RequestRef, Severity

REPLAY, SAMPLE = "replay", "sample"
SAMPLE_PREFIX = "[SAMPLE]"
_SUPPRESSED = 3
_EXPERIMENTAL = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a signal saw against what it expected: both as they are written, in `unit`."""

    signal: str
    observed: str
    expected: str
    unit: str

    def __str__(self) -> str:
        return f"{self.signal} {self.observed} against {self.expected} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding. Times are event times in Unix milliseconds.

    Parameters
    ----------
    tenant
        Whom it is about; empty for a campaign.
    accounts
        How many accounts a campaign has; 0 where one tenant is meant.
    members
        The accounts that this finding of a campaign names.
    campaign
        The uid of the campaign that it is about, or that its tenant takes part in, or empty.
    response, reason
        How far to go, and why.
    marks
        What sets it apart from a live alert: of `suppressed`, `experimental`, `replay` and `sample`.
    """

    uid: str
    activity: Activity
    time: int
    start_time: int
    severity: Severity
    is_alert: bool
    tenant: str
    accounts: int
    members: tuple[str, ...]
    campaign: str
    detector: str
    title: str
    message: str
    response: str
    reason: str
    runbook: str
    risk_score: int
    confidence_score: int
    count: int
    content_seen: bool
    comparisons: tuple[Comparison, ...]
    requests: tuple[RequestRef, ...]
    marks: tuple[str, ...]

    @property
    def subject(self) -> str:
        """Whom it is about, in words."""
        return self.tenant or f"campaign of {self.accounts:,} accounts"

    @property
    def pages(self) -> bool:
        """Whether people may be told: it is neither suppressed nor experimental, and not of the past."""
        return not set(self.marks) - {SAMPLE}

    def concerns(self, tenant: str) -> bool:
        """Tell whether it is about this tenant, or names it as a member."""
        return tenant == self.tenant or tenant in self.members


def read_finding(value: bytes | None) -> FindingView:
    """Read the value of a record; fields that are not known are ignored.

    Raises
    ------
    DecodeError
        It is not a Detection Finding of ours (`not_a_finding`).
    """
    try:
        return _view(orjson.loads(value or b""))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        detail = "the record is not a Detection Finding of distillwatch"
        raise DecodeError("not_a_finding", detail) from None


def _view(record: dict[str, Any]) -> FindingView:
    info, metadata, unmapped = record["finding_info"], record["metadata"], record["unmapped"]
    response, _, reason = record["remediation"]["desc"].partition(": ")
    return FindingView(
        uid=_text(info["uid"]),
        activity=Activity(record["activity_id"]),
        time=_time(record["time"]),
        start_time=_time(record["start_time"]),
        severity=Severity(record["severity_id"]),
        is_alert=bool(record.get("is_alert")),
        tenant=_text(metadata.get("tenant_uid", "")),
        accounts=int(unmapped.get("accounts", 0)),
        members=tuple(_text(resource["uid"]) for resource in record.get("resources", ())),
        campaign=_text(metadata.get("correlation_uid", "")),
        detector=_text(info["analytic"]["uid"]),
        title=_text(info["title"]),
        message=_text(record["message"]),
        response=response,
        reason=reason,
        runbook=_text(record["remediation"]["references"][0]),
        risk_score=int(record["risk_score"]),
        confidence_score=int(record["confidence_score"]),
        count=int(record["count"]),
        content_seen=bool(unmapped.get("content_seen", True)),
        comparisons=tuple(_comparison(analysis) for analysis in record["anomaly_analyses"]),
        requests=tuple(
            _request(request)
            for evidence in record["evidences"]
            for request in evidence["data"].get("requests", ())
        ),
        marks=tuple(_marks(record)),
    )


def _comparison(analysis: dict[str, Any]) -> Comparison:
    (anomaly,), (baseline,) = analysis["anomalies"], analysis["baselines"]
    observed, _, unit = _text(anomaly["observations"][0]["value"]).partition(" ")
    expected, _, _ = _text(baseline["observations"][0]["value"]).partition(" ")
    return Comparison(_text(anomaly["observation_parameter"]), _brief(observed), _brief(expected), unit)


def _brief(number: str) -> str:
    if not isfinite(float(number)):
        raise ValueError
    return f"{float(number):.3g}"


def _marks(record: dict[str, Any]) -> list[str]:
    labels = record["metadata"].get("labels", ())
    found = {
        "suppressed": record.get("status_id") == _SUPPRESSED,
        "experimental": record["finding_info"]["analytic"].get("state_id") == _EXPERIMENTAL,
        REPLAY: REPLAY in labels,
        SAMPLE: SAMPLE in labels or record["finding_info"]["title"].startswith(SAMPLE_PREFIX),
    }
    return [mark for mark, holds in found.items() if holds]


def _request(request: dict[str, Any]) -> RequestRef:
    texts = {name: _text(request[name]) for name in ("request_id", "topic", "template_hash")}
    return RequestRef(partition=int(request["partition"]), offset=int(request["offset"]), **texts)


def _time(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < LATEST_MS:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
