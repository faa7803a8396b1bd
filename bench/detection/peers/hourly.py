"""A fixed rate rule: more requests in an hour than five times the tenant's median hour.

What a gateway's rate alert does. The median is over the tenant's own hours in which it asked at all, of at
least a day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.detection.peers.base import Floats, Scores, Traffic, no_scores

HOUR_MS = 3_600_000
FACTOR = 5.0
LEAST_HOURS = 24


@dataclass(frozen=True, slots=True)
class HourlyRate:
    """Requests of the last hour against the median of the hours before."""

    name: str = "rate rule"

    def score(self, traffic: Traffic) -> Scores:
        """Score every request after the first day, in units of five times the median."""
        times = traffic.times
        hours = (times - times[0]) // HOUR_MS
        if hours[-1] < LEAST_HOURS:
            return no_scores()
        places = np.flatnonzero(hours >= LEAST_HOURS)
        within = places + 1 - np.searchsorted(times, times[places] - HOUR_MS, side="right")
        return Scores(places, within / (FACTOR * medians(hours)[hours[places]]))


def medians(hours: NDArray[np.int64]) -> Floats:
    """Return for each hour the median count of the busy hours before it; 1 where there is none."""
    counts = np.bincount(hours)
    found = np.ones(len(counts))
    for hour in range(1, len(counts)):
        busy = counts[:hour][counts[:hour] > 0]
        found[hour] = max(1.0, float(np.median(busy)))
    return found
