"""CloudEvents 1.0 in Kafka's binary mode: the attributes as record headers."""

from __future__ import annotations

from datetime import UTC, datetime

from models.campaign.finding import CampaignFinding
from models.finding import Activity, Finding

_TYPES = {
    Activity.CREATE: "distillwatch.finding.created",
    Activity.UPDATE: "distillwatch.finding.updated",
    Activity.CLOSE: "distillwatch.finding.closed",
}


def headers(finding: Finding | CampaignFinding) -> list[tuple[str, bytes]]:
    """Return the headers of a finding; `ce_id` is the same whenever the same finding is sent again."""
    attributes = {
        "ce_id": f"{finding.uid}/{int(finding.activity)}/{finding.time}",
        "ce_source": "distillwatch",
        "ce_specversion": "1.0",
        "ce_type": _TYPES[finding.activity],
        "ce_time": rfc3339(finding.time),
        "ce_subject": subject(finding),
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in attributes.items()]


def subject(finding: Finding | CampaignFinding) -> str:
    """Return whom a finding is about: its tenant, or the uid of its campaign."""
    return finding.uid if isinstance(finding, CampaignFinding) else finding.tenant


def rfc3339(time: int) -> str:
    """Write Unix milliseconds as an RFC 3339 time in UTC."""
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
