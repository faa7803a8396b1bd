"""Request rate against the tenant's own level, hour of the day and day of the week. It never alerts alone.

The log of the decayed rate, in deviations above the usual level. The rate fades with a time constant of half
an hour and is followed here. The usual level is learned once an hour of event time by `models.core.seasons`.
"""

from __future__ import annotations

from math import exp, log

from models.compiled import compiled
from models.core import running
from models.core.kinds import Real, Record, Truth, Whole

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
INTERVAL_MS = HOUR_MS
HOURS, DAYS = 24, 7
HORIZON_MS = 1_800_000.0
LEAST_DEVIATION = 0.35
MINIMUM = 3
"""Intervals that must have passed before a score means anything."""

HIGHEST_RATE = 1e15
"""Requests an hour that no tenant reaches."""


@compiled
def score(s: Record, time: Whole) -> Real:
    """Return the deviations above the usual level, 0 or more; -1 before `MINIMUM` intervals."""
    if s.rate_intervals < MINIMUM:
        return -1.0
    above = log(1.0 + _at(s, time)) - expected(s, time)
    return max(0.0, above / max(LEAST_DEVIATION, running.deviation(s.rate_mean, s.rate_squares)))


@compiled
def ended(s: Record, time: Whole) -> Truth:
    """Tell whether an interval has ended that the usual level does not know yet."""
    return s.rate_learned > 0 and time >= s.rate_learned + INTERVAL_MS


@compiled
def observe(s: Record, time: Whole) -> None:
    """Count the request; a late one counts at the newest time."""
    if s.rate_learned == 0:
        s.rate_learned = time
    s.rate = min(HIGHEST_RATE, _at(s, time))
    s.rate_last = max(s.rate_last, time)


@compiled
def level_at(s: Record, time: Whole) -> Real:
    """Return the log of one and the rate that is left at a time, without a request there."""
    return log(1.0 + s.rate * _decay(max(0, time - s.rate_last)))


@compiled
def expected(s: Record, time: Whole) -> Real:
    """Return the usual log rate on this day of the week at the busier end of this hour (UTC)."""
    begin = time // HOUR_MS % HOURS
    hour = max(s.hours[begin], s.hours[(begin + 1) % HOURS])
    return s.rate_mean + hour + s.days[time // DAY_MS % DAYS]


@compiled
def _at(s: Record, time: Whole) -> Real:
    passed = max(0, time - s.rate_last) if s.rate_last else 0
    return s.rate * _decay(passed) + HOUR_MS / HORIZON_MS


@compiled
def _decay(passed: Whole) -> Real:
    return exp(-passed / HORIZON_MS)
