"""A tenant's usual rate: its level, its hours of the day and its days of the week.

It is learned once an hour of event time, the empty hours of a pause with it. The means are those of
`river.stats.EWMean`, compiled: a quiet tenant ends an hour with nearly every request.
"""

from __future__ import annotations

from models.compiled import compiled
from models.core import rate
from models.core.kinds import Real, Record, Truth, Whole
from models.core.running import ew

FADING = 0.05
HOUR_FADING = 0.2
DAY_FADING = 0.02
MOST_EMPTY = 24
"""Empty intervals, a day of them, that a pause teaches at most."""


@compiled
def learn(s: Record, time: Whole, learning: Truth) -> None:
    """Learn the level at the end of each interval that has passed, or let them pass."""
    first = s.rate_learned + rate.INTERVAL_MS
    passed = (time - first) // rate.INTERVAL_MS + 1
    for number in range(max(0, passed - MOST_EMPTY), passed):
        end = first + number * rate.INTERVAL_MS
        if learning:
            _learn(s, end)
        s.rate_learned = end


@compiled
def _learn(s: Record, end: Whole) -> None:
    level, known = rate.level_at(s, end), s.rate_intervals > 0
    s.rate_mean = ew(s.rate_mean, level, FADING, known)
    s.rate_squares = ew(s.rate_squares, level * level, FADING, known)
    hour = (end + rate.HOUR_MS // 2) // rate.HOUR_MS % rate.HOURS  # the stroke of the hour that is nearest
    day = (end - 1) // rate.DAY_MS % rate.DAYS
    above = level - s.rate_mean
    s.hours[hour] = _season(s.hours[hour], above, HOUR_FADING, s.seen_hours >> hour & 1)
    above -= s.hours[hour]
    s.days[day] = _season(s.days[day], above, DAY_FADING, s.seen_days >> day & 1)
    s.seen_hours |= 1 << hour
    s.seen_days |= 1 << day
    s.rate_intervals += 1


@compiled
def _season(mean: Real, value: Real, fading: Real, known: Whole) -> Real:
    return ew(float(mean), value, fading, known != 0)
