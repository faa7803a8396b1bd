"""What operators have to say of a finding, put into its OCSF record."""

from __future__ import annotations

from typing import Any

from models.control.annotation import Annotation
from models.control.records import Change, Judged, Verdict
from models.finding import Activity

SUPPRESSED = (3, "Suppressed")
EXPERIMENTAL = (3, "Experimental")
SAMPLE = "[SAMPLE] "


def mark(found: dict[str, Any], annotation: Annotation) -> dict[str, Any]:
    """Put marks into a finding's record, and return it.

    A close is never marked as suppressed: who was alerted before a rule began must hear of the end.
    """
    closes = found["activity_id"] == Activity.CLOSE
    if annotation.suppressed_by and not closes:
        found["status_id"], found["status"] = SUPPRESSED
    if annotation.shadow_by:
        analytic = found["finding_info"]["analytic"]
        analytic["state_id"], analytic["state"] = EXPERIMENTAL
    found["is_alert"] = (found["is_alert"] or annotation.outgrew) and not annotation.silent
    found["unmapped"].update(_unmapped(annotation))
    if annotation.verdict is not None and annotation.verdict.reason:
        found["comment"] = annotation.verdict.reason
    return _sample(found) if annotation.sample else found


def _unmapped(annotation: Annotation) -> dict[str, Any]:
    marks = {
        "suppressed_by": list(annotation.suppressed_by),
        "would_suppress": list(annotation.would_suppress),
        "shadow_by": annotation.shadow_by,
        "override": annotation.override,
        "sample": annotation.sample,
        "verdict": _verdict(annotation.verdict),
    }
    if annotation.sample:
        marks["verdict"] = {"verdict": Verdict.TEST.value}
    return {name: value for name, value in marks.items() if value}


def _verdict(change: Change | None) -> dict[str, str]:
    if change is None or not isinstance(change.what, Judged):
        return {}
    return {"verdict": change.what.verdict.value, "change": change.id, "author": change.author}


def _sample(found: dict[str, Any]) -> dict[str, Any]:
    tenant = found["metadata"]["tenant_uid"]
    text = f"{SAMPLE}This is a test of the path of an alert: nothing was observed of tenant {tenant}"
    found["message"] = found["finding_info"]["desc"] = text
    found["finding_info"]["title"] = SAMPLE + found["finding_info"]["title"]
    found["metadata"].setdefault("labels", []).append("sample")
    found["remediation"]["desc"] = "observe: this is a test"
    return found
