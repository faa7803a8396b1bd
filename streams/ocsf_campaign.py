"""A campaign's finding as an OCSF 1.8.0 Detection Finding (class 2004)."""

from __future__ import annotations

from typing import Any

from models.campaign.finding import CAMPAIGN_DETECTOR, CampaignFinding, Member
from models.finding import DETECTOR_VERSION, Activity
from streams.ocsf_parts import (
    ATLAS_VERSION,
    EXTRACTION,
    analysis,
    analytic,
    evidence,
    head,
    metadata,
    remediation,
    type_name,
    type_uid,
)

CAMPAIGN_TITLE = "Accounts harvest the model together"
CAMPAIGN_RUNBOOK = "docs/operations.md#a-campaign-opened"

_PROXIES = {
    "tactic": {"uid": "AML.TA0003", "name": "Resource Development"},
    "technique": {"uid": "AML.T0008", "name": "Acquire Infrastructure"},
    "sub_technique": {"uid": "AML.T0008.005", "name": "AI Service Proxies"},
    "version": ATLAS_VERSION,
}
_HASH_DIGITS = 16


def campaign_to_ocsf(finding: CampaignFinding, *, replay: bool) -> dict[str, Any]:
    """Return the finding as a JSON-ready object; `replay` as in `streams.ocsf.to_ocsf`.

    With `MOST_NAMED` members of the longest names it stays below the million bytes that a producer sends.
    """
    message = _message(finding)
    target = {"name": finding.uid, "type": "campaign"}
    return {
        **head(finding),
        "message": message,
        "metadata": metadata(replay=replay, correlation_uid=finding.uid),
        "finding_info": {
            "uid": finding.uid,
            "title": CAMPAIGN_TITLE,
            "desc": message,
            "first_seen_time": finding.start_time,
            "last_seen_time": finding.time,
            "types": ["Model extraction", "Campaign"],
            "analytic": analytic(CAMPAIGN_DETECTOR),
            "attacks": [EXTRACTION, _PROXIES],
        },
        "resources": [_resource(member) for member in finding.members],
        "anomaly_analyses": [analysis(target, reading) for reading in finding.signals],
        "evidences": [evidence(finding.requests)],
        "remediation": remediation(finding, _reason(finding), CAMPAIGN_RUNBOOK),
        "unmapped": {
            "evidence": finding.evidence,
            "threshold": finding.threshold,
            "false_per_day": finding.false_per_day,
            "accounts": finding.accounts,
            "disjoint": finding.disjoint,
            "templates": [f"{template:0{_HASH_DIGITS}x}" for template in finding.templates],
            "config_digest": finding.config_digest,
            "model_version": DETECTOR_VERSION,
        },
    }


def related(campaign: str) -> dict[str, Any]:
    """Name a campaign in the finding of an account that takes part."""
    return {
        "uid": campaign,
        "title": CAMPAIGN_TITLE,
        "type_uid": type_uid(Activity.CREATE),
        "type_name": type_name(Activity.CREATE),
    }


def _message(finding: CampaignFinding) -> str:
    if finding.activity is Activity.CLOSE:
        return f"A campaign of {finding.accounts:,} accounts has been quiet for the closing period"
    templates = "one template" if len(finding.templates) == 1 else f"{len(finding.templates):,} templates"
    return (
        f"{finding.accounts:,} accounts share {templates} and the work: {finding.disjoint:.0%} of the "
        f"prompts were sent by one of them alone (newly named here: {len(finding.members):,})"
    )


def _reason(finding: CampaignFinding) -> str:
    excess, budget = finding.evidence / finding.threshold, f"{finding.false_per_day:g} false campaigns a day"
    return f"the evidence is {excess:.3g} times the threshold of {budget} in the whole fleet"


def _resource(member: Member) -> dict[str, Any]:
    return {
        "type": "tenant",
        "uid": member.tenant,
        "data": {
            "confidence_score": member.confidence,
            "started": member.started,
            "joined": member.joined,
            "count": member.count,
            "share": member.share,
        },
    }
