"""A finding as an OCSF 1.8.0 Detection Finding (class 2004)."""

from __future__ import annotations

from typing import Any

import orjson

from models.campaign.finding import CampaignFinding
from models.control.annotation import PLAIN, Annotation
from models.finding import DETECTOR, DETECTOR_VERSION, Activity, Finding
from streams.cloudevents import headers, subject
from streams.ocsf_campaign import campaign_to_ocsf, related
from streams.ocsf_marks import mark
from streams.ocsf_parts import EXTRACTION, analysis, analytic, evidence, head, metadata, remediation

RUNBOOK = "docs/operations.md#an-alert-opened"


def to_record(
    finding: Finding | CampaignFinding, annotation: Annotation = PLAIN
) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the record on the alert topic."""
    return subject(finding).encode(), orjson.dumps(to_ocsf(finding, annotation)), headers(finding)


def to_ocsf(
    finding: Finding | CampaignFinding, annotation: Annotation = PLAIN, *, replay: bool = False
) -> dict[str, Any]:
    """Return the finding as a JSON-ready object.

    Parameters
    ----------
    finding
        What the detector said.
    annotation
        What operators have to say of it.
    replay
        Marks a finding of a backtest, which concerns the past and must not page anyone.
    """
    if isinstance(finding, CampaignFinding):
        return mark(campaign_to_ocsf(finding, replay=replay), annotation)
    return mark(_of_tenant(finding, replay=replay), annotation)


def _of_tenant(finding: Finding, *, replay: bool) -> dict[str, Any]:
    target = {"name": finding.tenant, "type": "tenant"}
    return {
        **head(finding),
        "message": _message(finding),
        "metadata": metadata(replay=replay, tenant_uid=finding.tenant, **_correlation(finding)),
        "finding_info": _finding_info(finding),
        "anomaly_analyses": [analysis(target, reading) for reading in finding.signals],
        "evidences": [evidence(finding.requests)],
        "remediation": remediation(finding, _reason(finding), RUNBOOK),
        "unmapped": {
            "evidence": finding.evidence,
            "threshold": finding.threshold,
            "budget_days": finding.budget_days,
            "content_seen": finding.content_seen,
            "config_digest": finding.config_digest,
            "model_version": DETECTOR_VERSION,
            **({"population": finding.population} if finding.population else {}),
        },
    }


def _finding_info(finding: Finding) -> dict[str, Any]:
    return {
        "uid": finding.uid,
        "title": "Requests look like an extraction of the model",
        "desc": _message(finding),
        "first_seen_time": finding.start_time,
        "last_seen_time": finding.time,
        "types": ["Model extraction"],
        "analytic": analytic(DETECTOR),
        "attacks": [EXTRACTION],
        **({"related_events": [related(finding.campaign)]} if finding.campaign else {}),
    }


def _correlation(finding: Finding) -> dict[str, str]:
    return {"correlation_uid": finding.campaign} if finding.campaign else {}


def _message(finding: Finding) -> str:
    together = f"; takes part in campaign {finding.campaign}" if finding.campaign else ""
    return _own_message(finding) + together


def _own_message(finding: Finding) -> str:
    if finding.population:
        return _newcomer_message(finding)
    if finding.activity is Activity.CLOSE:
        return f"Tenant {finding.tenant} has been quiet for the closing period"
    strongest = finding.signals[0]
    basis = "" if finding.content_seen else " (judged on metadata alone)"
    return (
        f"Tenant {finding.tenant} departs from its own past, most in {strongest.name}: "
        f"{strongest.observed:.3g} against {strongest.expected:.3g} {strongest.unit}{basis}"
    )


def _newcomer_message(finding: Finding) -> str:
    tenant, age = finding.tenant, finding.count
    if finding.activity is Activity.CLOSE:
        return f"Tenant {tenant}, a newcomer, has not departed further from its peers for the closing period"
    seen = ", ".join(
        f"{reading.name} {reading.observed:.3g} against {reading.expected:.3g}"
        for reading in finding.signals[1:]
    )
    return (
        f"Tenant {tenant} has no past of its own and was compared with its peers when they were as new: in "
        f"its first {age} requests it looks more like a harvest than one tenant in "
        f"{finding.threshold:,.0f} ({seen})"
    )


def _reason(finding: Finding) -> str:
    excess = finding.evidence / finding.threshold
    if finding.population:
        return f"the evidence is {excess:.3g} times what accuses a tenant without a past"
    return (
        f"the evidence is {excess:.3g} times the threshold of one false alert in {finding.budget_days:g} days"
    )
