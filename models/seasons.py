"""A tenant's usual rate, by river: its level, its hours of the day and its days of the week.

It is learned once an hour of event time, the empty hours of a pause with it. What river keeps stands in the
state as plain numbers, from which its statistics are made anew each time.
"""

from __future__ import annotations

from typing import Any

from river.stats import EWMean

from models.core import rate

FADING = 0.05
HOUR_FADING = 0.2
DAY_FADING = 0.02
MOST_EMPTY = 24
"""Empty intervals, a day of them, that a pause teaches at most."""


def learn(s: Any, time: int, *, learning: bool) -> None:
    """Learn the level at the end of each interval that has passed, or let them pass."""
    for end in ended(s, time):
        if learning:
            _learn(s, end)
        s["rate_learned"] = end


def ended(s: Any, time: int) -> range:
    """Return the ends of the intervals between what was learned and now, a day of them at most."""
    first = int(s["rate_learned"]) + rate.INTERVAL_MS
    missed = (time - first) // rate.INTERVAL_MS + 1 - MOST_EMPTY
    return range(first + max(0, missed) * rate.INTERVAL_MS, time + 1, rate.INTERVAL_MS)


def _learn(s: Any, end: int) -> None:
    level, known = float(rate.level_at(s, end)), s["rate_intervals"] > 0
    s["rate_mean"] = _updated(FADING, s["rate_mean"], known, level)
    s["rate_squares"] = _updated(FADING, s["rate_squares"], known, level * level)
    hour = (end + rate.HOUR_MS // 2) // rate.HOUR_MS % rate.HOURS  # the stroke of the hour that is nearest
    day = (end - 1) // rate.DAY_MS % rate.DAYS
    above = level - float(s["rate_mean"])
    s["hours"][hour] = _updated(HOUR_FADING, s["hours"][hour], int(s["seen_hours"]) >> hour & 1, above)
    above -= float(s["hours"][hour])
    s["days"][day] = _updated(DAY_FADING, s["days"][day], int(s["seen_days"]) >> day & 1, above)
    s["seen_hours"] = int(s["seen_hours"]) | 1 << hour
    s["seen_days"] = int(s["seen_days"]) | 1 << day
    s["rate_intervals"] += 1


def _updated(fading: float, mean: Any, known: Any, value: float) -> float:
    """Return river's exponentially weighted mean after one more value."""
    statistic = EWMean(fading_factor=fading)
    if known:
        statistic.update(float(mean))  # the first value is the mean
    statistic.update(value)
    return float(statistic.get())
