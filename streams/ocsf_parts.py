"""What every Detection Finding of ours has in common, whoever it is about."""

from __future__ import annotations

from typing import Any

from models.campaign.finding import CampaignFinding
from models.finding import DETECTOR_VERSION, Activity, Finding, RequestRef, Severity, SignalReading
from streams.release import release

OCSF_VERSION = "1.8.0"
ATLAS_VERSION = "5.6"
CATEGORY = 2
CLASS = 2004
CLASS_NAME = "Detection Finding"
PRODUCT = "distillwatch"

EXTRACTION = {
    "tactic": {"uid": "AML.TA0010", "name": "Exfiltration"},
    "technique": {"uid": "AML.T0024", "name": "Exfiltration via AI Inference API"},
    "sub_technique": {"uid": "AML.T0024.002", "name": "Extract AI Model"},
    "version": ATLAS_VERSION,
}

_STATUS = {Activity.CREATE: (1, "New"), Activity.UPDATE: (2, "In Progress"), Activity.CLOSE: (4, "Resolved")}
_RESPONSES = {Severity.MEDIUM: "verify", Severity.HIGH: "throttle", Severity.CRITICAL: "suspend"}
_LOW, _MIDDLE, _SURE = (1, "Low"), (2, "Medium"), (3, "High")
_FAIR_CONFIDENCE, _HIGH_CONFIDENCE = 80, 95


def head(finding: Finding | CampaignFinding) -> dict[str, Any]:
    """Return what OCSF calls the record, when it is of, and how grave and how sure it is."""
    status_id, status = _STATUS[finding.activity]
    confidence_id, confidence = _confidence(finding.confidence_score)
    return {
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": CLASS_NAME,
        "activity_id": int(finding.activity),
        "activity_name": finding.activity.name.title(),
        "type_uid": type_uid(finding.activity),
        "type_name": type_name(finding.activity),
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
    }


def type_uid(activity: Activity) -> int:
    """Return the number of class and activity in one."""
    return CLASS * 100 + activity


def type_name(activity: Activity) -> str:
    """Return `type_uid` in words."""
    return f"{CLASS_NAME}: {activity.name.title()}"


def metadata(*, replay: bool, **more: str) -> dict[str, Any]:
    """Return the versions of OCSF and of distillwatch, and what the record is known by."""
    product = {"name": PRODUCT, "vendor_name": PRODUCT, "version": release()}
    labels = {"labels": ["replay"]} if replay else {}
    return {"version": OCSF_VERSION, **more, "product": product, **labels}


def analytic(detector: str) -> dict[str, Any]:
    """Return who says so."""
    return {
        "uid": detector,
        "name": detector,
        "version": DETECTOR_VERSION,
        "type_id": 3,
        "type": "Statistical",
        "state_id": 1,
        "state": "Active",
    }


def analysis(target: dict[str, str], reading: SignalReading) -> dict[str, Any]:
    """Return what one signal expected and what it observed."""
    return {
        "analysis_targets": [target],
        "baselines": [_observation(reading, "EXPECTED", reading.expected)],
        "anomalies": [_observation(reading, "OBSERVED", reading.observed)],
    }


def evidence(requests: tuple[RequestRef, ...]) -> dict[str, Any]:
    """Return where the requests can be found again."""
    return {"data": {"requests": [_request(request) for request in requests]}}


def remediation(finding: Finding | CampaignFinding, reason: str, runbook: str) -> dict[str, Any]:
    """Return how far to go, why, and where to read how."""
    level = _RESPONSES.get(finding.severity, "observe")
    if finding.activity is Activity.CLOSE:
        level = "observe"
    return {"desc": f"{level}: {reason}", "references": [runbook]}


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


def _confidence(score: int) -> tuple[int, str]:
    if score >= _HIGH_CONFIDENCE:
        return _SURE
    return _MIDDLE if score >= _FAIR_CONFIDENCE else _LOW
