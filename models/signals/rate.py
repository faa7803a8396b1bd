"""Request rate against the tenant's own level and hour of the day. It never alerts alone."""

from __future__ import annotations

from math import exp, log
from typing import ClassVar

from river.stats import EWMean

from models.codec import Reader, Writer
from models.signals.base import Signal
from models.signals.running import HIGHEST, RunningScale
from models.sketch import Sketch

INTERVAL_MS = 600_000
HOUR_MS = 3_600_000
HOURS = 24
HORIZON_MS = 1_800_000.0
FADING = 0.02
HOUR_FADING = 0.1
LEAST_DEVIATION = 0.35
MINIMUM = 18
"""Intervals that must have passed before a score means anything: three hours."""

HIGHEST_RATE = 1e15
"""Requests an hour that no tenant reaches."""

MOST_EMPTY = 144
"""Empty intervals, a day of them, that a pause teaches at most."""


class Rate(Signal):
    """Log of the decayed request rate, in deviations above the usual level at this hour of the day (UTC).

    The rate fades with a time constant of half an hour. The usual level is learned once in ten minutes of
    event time, the empty intervals of a pause with it.
    """

    name: ClassVar[str] = "rate"
    unit: ClassVar[str] = "requests an hour"
    highest: ClassVar[float] = 12.0

    def __init__(self) -> None:
        self._rate = 0.0  # requests an hour
        self._last = 0  # ms
        self._learned = 0  # ms, the end of the last interval
        self._intervals = 0
        self._usual = RunningScale(FADING)
        self._hours = [EWMean(fading_factor=HOUR_FADING) for _ in range(HOURS)]
        self._seen_hours = 0  # a bit an hour

    def score_one(self, x: Sketch) -> float | None:
        """Return the deviations above the usual level, 0 or more; `None` before `MINIMUM` intervals."""
        if self._intervals < MINIMUM:
            return None
        level = log(1.0 + self._rate_at(x.time))
        return max(0.0, (level - self._expected(x.time)) / max(LEAST_DEVIATION, self._usual.deviation))

    def learn_one(self, x: Sketch) -> None:
        """Learn the level at the end of each interval that has passed since the last request."""
        for end in self._ended(x.time):
            level = log(1.0 + self._rate * _decay(max(0, end - self._last)))
            self._usual.update(level)
            self._hours[_hour(end)].update(level - self._usual.mean)
            self._seen_hours |= 1 << _hour(end)
            self._intervals += 1

    def observe_one(self, x: Sketch) -> None:
        """Count the request; a late one counts at the newest time."""
        self._learned = max((self._learned, *self._ended(x.time))) or x.time
        self._rate = self._rate_at(x.time)
        self._last = max(self._last, x.time)

    def _ended(self, time: int) -> range:
        """Return the ends of the intervals between what was learned and now, a day of them at most."""
        if self._learned == 0:
            return range(0)
        first = max(self._learned + INTERVAL_MS, time - MOST_EMPTY * INTERVAL_MS)
        return range(first, time + 1, INTERVAL_MS)

    def _rate_at(self, time: int) -> float:
        passed = max(0, time - self._last) if self._last else 0
        return self._rate * _decay(passed) + HOUR_MS / HORIZON_MS

    def _expected(self, time: int) -> float:
        return self._usual.mean + float(self._hours[_hour(time)].get())

    def reading(self, recent: float, usual: float) -> tuple[float, float]:  # noqa: ARG002
        """Return requests an hour, now and usually at this hour."""
        return self._rate, max(0.0, exp(self._expected(self._last)) - 1.0)

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.real(self._rate)
        for number in (self._last, self._learned, self._intervals):
            out.number(number)
        self._usual.dump(out)
        out.number(self._seen_hours)
        for hour in self._known_hours():
            out.real(float(self._hours[hour].get()))

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._rate = source.real(0.0, HIGHEST_RATE)
        self._last, self._learned, self._intervals = source.time(), source.time(), source.count()
        self._usual.load(source)
        self._seen_hours = source.count(2**HOURS - 1)
        self._hours = [EWMean(fading_factor=HOUR_FADING) for _ in range(HOURS)]
        for hour in self._known_hours():
            self._hours[hour].update(source.real(-HIGHEST, HIGHEST))

    def _known_hours(self) -> list[int]:
        return [hour for hour in range(HOURS) if self._seen_hours >> hour & 1]


def _decay(passed: float) -> float:
    return exp(-passed / HORIZON_MS)


def _hour(time: int) -> int:
    return time // HOUR_MS % HOURS
