"""What the alert topic says of findings, for those who control the detector."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson

from models.campaign.finding import CAMPAIGN_DETECTOR
from models.control.signals import CAMPAIGN
from models.errors import ControlError
from streams.settings import Settings
from streams.topic_reader import TopicReader


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a finding is about, empty for a campaign, and its strongest signal."""

    tenant: str
    signal: str


def look_up(settings: Settings, uid: str) -> Known:
    """Find a finding on the alert topic; its first statement counts, which is what raised it.

    Raises
    ------
    ControlError
        There is none with this uid.
    BrokerError, TopicError
        The topic cannot be read.
    """
    with closing(TopicReader(settings.kafka, settings.topics.alerts, from_beginning=True)) as reader:
        for record in reader.present():
            found = _said(record.value(), uid.encode())
            if found is not None and found["finding_info"]["uid"] == uid:
                return _known(found)
    topic = settings.topics.alerts
    raise ControlError(
        "unknown_finding", f"there is no finding {uid!r} on {topic}: see `distillwatch alerts`"
    )


def count_matches(settings: Settings) -> tuple[Counter[str], Counter[str]]:
    """Return by rule how many findings on the alert topic it fits, and how many of them it suppressed."""
    matched: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    with closing(TopicReader(settings.kafka, settings.topics.alerts, from_beginning=True)) as reader:
        for record in reader.present():
            found = _said(record.value(), b"suppress")
            if found is not None:
                unmapped = found.get("unmapped", {})
                matched.update(unmapped.get("suppressed_by", ()))
                matched.update(unmapped.get("would_suppress", ()))
                suppressed.update(unmapped.get("suppressed_by", ()))
    return matched, suppressed


def _said(value: bytes | None, part: bytes) -> dict[str, Any] | None:
    """Read a finding that holds these bytes; anything else on the topic is passed over."""
    if not value or part not in value:
        return None
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("finding_info"), dict) else None


def _known(found: dict[str, Any]) -> Known:
    if found["finding_info"]["analytic"]["uid"] == CAMPAIGN_DETECTOR:
        return Known("", CAMPAIGN)
    strongest = found["anomaly_analyses"][0]["anomalies"][0]["observation_parameter"]
    return Known(found["metadata"]["tenant_uid"], strongest)
