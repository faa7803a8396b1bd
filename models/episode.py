"""The life of an alert: warming, normal, suspicious, alerting, cooling, and normal again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.errors import SnapshotError
from models.finding import Activity, Severity

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LASTING = 8.0
"""Fresh evidence that keeps any episode open: one of four streams at its ceiling makes more."""


class State(IntEnum):
    """Where a tenant stands."""

    WARMING = 0
    NORMAL = 1
    SUSPICIOUS = 2
    ALERTING = 3
    COOLING = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """That an episode opened, changed or closed, and when, in Unix milliseconds of event time."""

    activity: Activity
    time: int
    severity: Severity


class Episode:
    """Turns evidence into at most one alert an episode.

    An episode opens when the evidence reaches the threshold. It is updated when the evidence has grown by a
    step or the severity has changed, and not more often than a stated interval. It closes when the fresh
    evidence has stayed below the level of suspicion for the quiet period; the close carries the time at which
    that period ended. Time moves with the events and never back.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self._update_ms = round(config.update_minutes * MINUTE_MS)
        self._update_step = config.update_step
        self._quiet_ms = round(config.quiet_hours * HOUR_MS)
        self._cooldown_ms = round(config.cooldown_hours * HOUR_MS)
        self._exponent = config.suspicious_exponent
        self.state = State.WARMING
        self.opened = 0
        """Event time at which the open episode began, in ms."""
        self._hot = 0
        self._cool_until = 0
        self._stated_at = 0
        self._stated_evidence = 0.0
        self._stated_severity = Severity.INFORMATIONAL

    @property
    def learning(self) -> bool:
        """Whether the baseline may learn."""
        return self.state in (State.WARMING, State.NORMAL)

    def elapse(self, now: int) -> Statement | None:
        """Let time pass before the next request is judged; an open episode may close."""
        if self.state is State.ALERTING and now >= self._hot + self._quiet_ms:
            closed = self._hot + self._quiet_ms
            self._cool_until = closed + self._cooldown_ms
            self.state = State.COOLING
            return Statement(Activity.CLOSE, closed, self._stated_severity)
        if self.state is State.COOLING and now >= self._cool_until:
            self.state = State.NORMAL
        return None

    def weigh(
        self, now: int, evidence: float, threshold: float, *, fresh: float, warm: bool
    ) -> Statement | None:
        """Take in the evidence after a request; an episode may open or be updated.

        `fresh` is the evidence of late alone, which keeps an open episode from closing.
        """
        if self.state is State.COOLING or (self.state is State.WARMING and not warm):
            return None
        suspicion = threshold**self._exponent
        if self.state is State.ALERTING:
            self._hot = now if fresh >= min(suspicion, LASTING) else self._hot
            return self._update(now, evidence, threshold)
        if evidence >= threshold:
            self.state, self.opened, self._hot = State.ALERTING, now, now
            return self._state(Activity.CREATE, now, evidence, threshold)
        self.state = State.SUSPICIOUS if evidence >= suspicion else State.NORMAL
        return None

    def _update(self, now: int, evidence: float, threshold: float) -> Statement | None:
        if now < self._stated_at + self._update_ms:
            return None
        grown = evidence >= self._stated_evidence * self._update_step
        if grown or severity(evidence, threshold) > self._stated_severity:
            return self._state(Activity.UPDATE, now, evidence, threshold)
        return None

    def _state(self, activity: Activity, now: int, evidence: float, threshold: float) -> Statement:
        self._stated_at, self._stated_evidence = now, evidence
        self._stated_severity = severity(evidence, threshold)
        return Statement(activity, now, self._stated_severity)

    def dump(self, out: Writer) -> None:
        """Write the state."""
        for number in (self.state, self.opened, self._hot, self._cool_until, self._stated_at):
            out.number(number)
        out.number(self._stated_severity)
        out.real(self._stated_evidence)

    def load(self, source: Reader) -> None:
        """Read the state."""
        try:
            self.state = State(source.number())
            self.opened, self._hot = source.time(), source.time()
            self._cool_until, self._stated_at = source.time(), source.time()
            self._stated_severity = Severity(source.number())
        except ValueError:
            raise SnapshotError("the snapshot holds an unknown episode state") from None
        self._stated_evidence = source.real(0.0)


def severity(evidence: float, threshold: float) -> Severity:
    """Grade by how far evidence passes the threshold: medium, high from 1e3, critical from 1e6 times it."""
    ratio = evidence / threshold
    if ratio >= 1e6:  # noqa: PLR2004
        return Severity.CRITICAL
    return Severity.HIGH if ratio >= 1e3 else Severity.MEDIUM  # noqa: PLR2004
