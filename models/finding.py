"""What the detector says about a tenant: opened, changed, closed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID, uuid5

# The namespace of every finding's uid, drawn once; changing it would give every old finding a new name.
NAMESPACE = UUID("6f0b5c1e-8a0d-5b7e-9d55-3f6f0c9a4c11")
DETECTOR = "distillwatch-extraction"
DETECTOR_VERSION = "1"
UID_CHARS = 36


class Activity(IntEnum):
    """OCSF `activity_id` of a Detection Finding."""

    CREATE = 1
    UPDATE = 2
    CLOSE = 3


class Severity(IntEnum):
    """OCSF `severity_id`."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


@dataclass(frozen=True, slots=True)
class SignalReading:
    """What one signal saw against what it expected of this tenant.

    Parameters
    ----------
    name
        The signal, such as `novelty`.
    observed, expected
        In `unit`, both finite.
    unit
        What the two numbers count, in words.
    evidence
        The signal's Shiryaev-Roberts statistic as a share of the threshold, 0 or more.
    """

    name: str
    observed: float
    expected: float
    unit: str
    evidence: float


@dataclass(slots=True, unsafe_hash=True)
class RequestRef:
    """Where an offending request can be found again: its id and its place on the source topic.

    Not to be changed. It is not frozen, since many are made, and a frozen one takes four times as long.
    """

    request_id: str
    topic: str
    partition: int
    offset: int
    template_hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of one episode. All times are event times in Unix milliseconds.

    Parameters
    ----------
    uid
        The same for every statement of an episode.
    evidence
        The combined Shiryaev-Roberts statistic.
    threshold
        The value of `evidence` at which an episode opens under the stated budget.
    budget_days
        The budget: at most one false alert per tenant in this many days.
    count
        Requests since `start_time`.
    risk_score, confidence_score
        0 to 100.
    signals
        The strongest first.
    content_seen
        False where the tenant was judged on metadata alone.
    population
        The version of the population baseline that a newcomer was compared with, or empty.
    campaign
        The uid of the campaign that the tenant takes part in, or empty.
    """

    uid: str
    activity: Activity
    tenant: str
    time: int
    start_time: int
    severity: Severity
    risk_score: int
    confidence_score: int
    evidence: float
    threshold: float
    budget_days: float
    count: int
    signals: tuple[SignalReading, ...]
    requests: tuple[RequestRef, ...]
    content_seen: bool
    config_digest: str
    population: str = ""
    campaign: str = ""


def episode_uid(tenant: str, opening_event: str) -> str:
    """Name an episode by who did it, who says so, and the event that opened it (UUIDv5)."""
    return str(uuid5(NAMESPACE, f"{tenant}\x1f{DETECTOR}\x1f{opening_event}"))
