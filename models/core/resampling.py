"""Resampling: a plain rule, no statistics.

Who distils by rejection sampling asks each prompt several times, often at several temperatures, and keeps the
best answers (Zelikman et al. 2022, arXiv 2203.14465). Popular questions come again as well, but not in a row,
and always at the temperature of the product that asks them. A product that repeats one prompt for ever, such
as one whose retries went wrong, counts once as long as fewer than `PROMPTS` others come between.
"""

from __future__ import annotations

from math import floor

import numpy as np

from models.compiled import compiled
from models.core.bits import popcount
from models.core.kinds import Real, Record, Whole

ALARM = 4.0
"""Prompts that were sampled again and again, which together make an alert."""

MOST_HITS = 4 * ALARM
FORGET = 1 / 256
PROMPTS = 8
TEMPERATURES = 3
"""So many temperatures of one prompt make it a sampled one."""

IN_A_ROW = 4
"""So many requests of one prompt in a row do as well."""

_STEPS = 63
_COUNTED = np.uint64(1 << _STEPS)


@compiled
def observe(s: Record, x: Record) -> None:
    """Look at a request; one without a prompt says nothing."""
    s.resampling_hits = max(0.0, s.resampling_hits - FORGET)
    if x.whole == 0:
        return
    before = _take(s, x.whole)
    known = before | (np.uint64(1) << np.uint64(_step(x)))
    s.resampling_run = min(IN_A_ROW, s.resampling_run + 1) if x.whole == s.resampling_last else 1
    s.resampling_last = x.whole
    sampled = popcount(known) >= np.uint64(TEMPERATURES) or s.resampling_run >= IN_A_ROW
    if before & _COUNTED == np.uint64(0) and sampled:
        known |= _COUNTED
        s.resampling_hits = min(MOST_HITS, s.resampling_hits + 1.0)
    last = np.int64(s.resampling_count) - 1
    s.resampling_prompts[last], s.resampling_temperatures[last] = x.whole, known


@compiled
def share(s: Record) -> Real:
    """Return how much of an alert was seen: 1 or more is resampling."""
    return s.resampling_hits / ALARM


@compiled
def _take(s: Record, prompt: Whole) -> Whole:
    """Make room for the prompt at the end, drop the oldest of too many; return what is known of it."""
    place, known = -1, np.uint64(0)
    for at in range(np.int64(s.resampling_count)):
        if s.resampling_prompts[at] == prompt:
            place, known = at, s.resampling_temperatures[at]
    if place < 0 and s.resampling_count < PROMPTS:
        s.resampling_count += 1
        return known
    for at in range(max(0, place), np.int64(s.resampling_count) - 1):
        s.resampling_prompts[at] = s.resampling_prompts[at + 1]
        s.resampling_temperatures[at] = s.resampling_temperatures[at + 1]
    return known


@compiled
def _step(x: Record) -> Whole:
    """Return the tenth of a degree, 0 to 62; 0 as well where no temperature is given."""
    return int(max(0.0, min(_STEPS - 1.0, floor(10 * x.temperature + 0.5))))
