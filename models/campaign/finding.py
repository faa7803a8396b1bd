"""What is said of accounts that harvest together."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid5

from models.finding import NAMESPACE, Activity, RequestRef, Severity, SignalReading

CAMPAIGN_DETECTOR = "distillwatch-campaigns"

MOST_NAMED = 500
"""Members that one finding names; more follow in updates."""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a campaign. Times are event times in Unix milliseconds.

    Parameters
    ----------
    confidence
        That it takes part, 0 to 100.
    started, joined
        Its first request of all, and the one that made it a member.
    count
        Its requests with the campaign's templates.
    share
        Of its own traffic since it joined that the campaign is, 0 to 1; low where accounts are resold.
    """

    tenant: str
    confidence: int
    started: int
    joined: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class CampaignFinding:
    """One statement of one campaign. All times are event times in Unix milliseconds.

    Parameters
    ----------
    uid
        The same for every statement of a campaign.
    evidence, threshold
        The Shiryaev-Roberts statistic, and its value at which a campaign opens.
    false_per_day
        The budget: campaigns opened falsely a day over the whole fleet.
    risk_score, confidence_score
        0 to 100.
    members
        Those that no earlier statement named, at most `MOST_NAMED`.
    accounts
        How many it has in all.
    count
        Requests with its templates, as far as they are known.
    disjoint
        Share of the members' prompts that no other member sent, 0 to 1.
    templates
        Hashes of 64 bits, the most used first.
    signals
        The strongest first.
    requests
        Some of the members' requests.
    """

    uid: str
    activity: Activity
    time: int
    start_time: int
    severity: Severity
    risk_score: int
    confidence_score: int
    evidence: float
    threshold: float
    false_per_day: float
    members: tuple[Member, ...]
    accounts: int
    count: int
    disjoint: float
    templates: tuple[int, ...]
    signals: tuple[SignalReading, ...]
    requests: tuple[RequestRef, ...]
    config_digest: str


def campaign_uid(template: int, opening_event: str) -> str:
    """Name a campaign by the template that it was seen by and the request that opened it (UUIDv5)."""
    return str(uuid5(NAMESPACE, f"{template:016x}\x1f{CAMPAIGN_DETECTOR}\x1f{opening_event}"))
