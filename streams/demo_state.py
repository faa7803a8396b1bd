"""What the demo knows at a moment: made by its threads, shown by its views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.finding import Activity, SignalReading
from models.tenant import TenantModel
from streams.simulation import ATTACK_MS, ATTACKER


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """Where a tenant stands.

    Parameters
    ----------
    state
        Of its episode: warming, normal, suspicious, alerting or cooling.
    share
        Its evidence as a share of the threshold that opens an alert.
    signals
        By name: rate, topic entropy, novelty, request shape.
    """

    requests: int
    state: str
    share: float
    signals: Mapping[str, SignalReading]


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding as it stood on the alert topic, and when the demo read it, in seconds since its start."""

    seconds: float
    value: bytes
    record: dict[str, Any]

    @property
    def opens(self) -> bool:
        """Whether it opens an episode."""
        return bool(self.record["activity_id"] == Activity.CREATE)

    @property
    def tenant(self) -> str:
        """Whom it accuses; a campaign's finding names many, and none here."""
        return str(self.record["metadata"].get("tenant_uid", ""))

    @property
    def right(self) -> bool:
        """Whether it names the attacker, after the attack began."""
        return self.opens and self.tenant == ATTACKER and bool(self.record["time"] >= ATTACK_MS)


@dataclass(slots=True)
class DemoState:
    """All that a view shows.

    Parameters
    ----------
    seconds
        Since the start.
    phase
        What goes on, in a few words.
    time
        Event time of the newest request, Unix milliseconds; 0 before the first.
    published
        Requests sent to the source topic.
    hostile
        Event times of those that belong to the extraction, Unix milliseconds.
    """

    seconds: float = 0.0
    phase: str = "starting"
    time: int = 0
    published: int = 0
    hostile: Sequence[int] = ()
    tenants: Mapping[str, TenantStatus] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    @property
    def judged(self) -> int:
        """Requests that the detector has judged."""
        return sum(tenant.requests for tenant in self.tenants.values())

    @property
    def caught(self) -> Alert | None:
        """The alert that caught the attacker."""
        return next((alert for alert in self.alerts if alert.right), None)


def status_of(model: TenantModel) -> TenantStatus:
    """Read a tenant's model; to be called where the model lives."""
    share = model.evidence / model.threshold
    return TenantStatus(model.events, model.episode.state.name.lower(), share, model.readings)


def alert_of(value: bytes, seconds: float) -> Alert:
    """Read a record of the alert topic."""
    return Alert(seconds, value, orjson.loads(value))
