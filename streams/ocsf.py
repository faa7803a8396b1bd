"""A finding as an OCSF 1.8.0 Detection Finding (class 2004)."""

from __future__ import annotations

from typing import Any

import orjson

from models.finding import DETECTOR, DETECTOR_VERSION, Activity, Finding, RequestRef, Severity, SignalReading
from streams.cloudevents import headers
from streams.release import release

OCSF_VERSION = "1.8.0"
ATLAS_VERSION = "5.6"
CATEGORY = 2
CLASS = 2004
RUNBOOK = "docs/operations.md#an-alert-opened"

_STATUS = {Activity.CREATE: (1, "New"), Activity.UPDATE: (2, "In Progress"), Activity.CLOSE: (4, "Resolved")}
_RESPONSES = {Severity.MEDIUM: "verify", Severity.HIGH: "throttle", Severity.CRITICAL: "suspend"}
_LOW, _MIDDLE, _SURE = (1, "Low"), (2, "Medium"), (3, "High")
_FAIR_CONFIDENCE, _HIGH_CONFIDENCE = 80, 95
_EXTRACTION = {
    "tactic": {"uid": "AML.TA0010", "name": "Exfiltration"},
    "technique": {"uid": "AML.T0024", "name": "Exfiltration via AI Inference API"},
    "sub_technique": {"uid": "AML.T0024.002", "name": "Extract AI Model"},
    "version": ATLAS_VERSION,
}


def to_record(finding: Finding) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the record on the alert topic."""
    return finding.tenant.encode(), orjson.dumps(to_ocsf(finding)), headers(finding)


def to_ocsf(finding: Finding, *, replay: bool = False) -> dict[str, Any]:
    """Return the finding as a JSON-ready object.

    Parameters
    ----------
    finding
        What the detector said.
    replay
        Marks a finding of a backtest, which concerns the past and must not page anyone.
    """
    status_id, status = _STATUS[finding.activity]
    confidence_id, confidence = _confidence(finding.confidence_score)
    return {
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "activity_id": int(finding.activity),
        "activity_name": finding.activity.name.title(),
        "type_uid": CLASS * 100 + finding.activity,
        "type_name": f"Detection Finding: {finding.activity.name.title()}",
        "is_alert": finding.activity is Activity.CREATE,
        "time": finding.time,
        "start_time": finding.start_time,
        "severity_id": int(finding.severity),
        "severity": finding.severity.name.title(),
        "status_id": status_id,
        "status": status,
        "risk_score": finding.risk_score,
        "confidence_score": finding.confidence_score,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "count": finding.count,
        "message": _message(finding),
        "metadata": _metadata(finding, replay=replay),
        "finding_info": _finding_info(finding),
        "anomaly_analyses": [_analysis(finding.tenant, reading) for reading in finding.signals],
        "evidences": [{"data": {"requests": [_request(request) for request in finding.requests]}}],
        "remediation": _remediation(finding),
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


def _metadata(finding: Finding, *, replay: bool) -> dict[str, Any]:
    product = {"name": "distillwatch", "vendor_name": "distillwatch", "version": release()}
    labels = {"labels": ["replay"]} if replay else {}
    return {"version": OCSF_VERSION, "tenant_uid": finding.tenant, "product": product, **labels}


def _finding_info(finding: Finding) -> dict[str, Any]:
    return {
        "uid": finding.uid,
        "title": "Requests look like an extraction of the model",
        "desc": _message(finding),
        "first_seen_time": finding.start_time,
        "last_seen_time": finding.time,
        "types": ["Model extraction"],
        "analytic": {
            "uid": DETECTOR,
            "name": DETECTOR,
            "version": DETECTOR_VERSION,
            "type_id": 3,
            "type": "Statistical",
            "state_id": 1,
            "state": "Active",
        },
        "attacks": [_EXTRACTION],
    }


def _message(finding: Finding) -> str:
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


def _analysis(tenant: str, reading: SignalReading) -> dict[str, Any]:
    return {
        "analysis_targets": [{"name": tenant, "type": "tenant"}],
        "baselines": [_observation(reading, "EXPECTED", reading.expected)],
        "anomalies": [_observation(reading, "OBSERVED", reading.observed)],
    }


def _observation(reading: SignalReading, pattern: str, value: float) -> dict[str, Any]:
    return {
        "observation_parameter": reading.name,
        "observation_type": "Deviation Analysis",
        "observed_pattern": pattern,
        "observations": [{"value": f"{value:.6g} {reading.unit}"}],
    }


def _request(request: RequestRef) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "topic": request.topic,
        "partition": request.partition,
        "offset": request.offset,
        "template_hash": request.template_hash,
    }


def _remediation(finding: Finding) -> dict[str, Any]:
    level = _RESPONSES.get(finding.severity, "observe")
    if finding.activity is Activity.CLOSE:
        level = "observe"
    excess = finding.evidence / finding.threshold
    if finding.population:
        reason = f"the evidence is {excess:.3g} times what accuses a tenant without a past"
        return {"desc": f"{level}: {reason}", "references": [RUNBOOK]}
    reason = (
        f"the evidence is {excess:.3g} times the threshold of one false alert in {finding.budget_days:g} days"
    )
    return {"desc": f"{level}: {reason}", "references": [RUNBOOK]}


def _confidence(score: int) -> tuple[int, str]:
    if score >= _HIGH_CONFIDENCE:
        return _SURE
    return _MIDDLE if score >= _FAIR_CONFIDENCE else _LOW
