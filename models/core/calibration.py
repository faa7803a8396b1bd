"""Conformal p-values of a tenant's own scores.

A fixed-bin histogram of earlier scores stands in for the scores themselves. It counts a tie, that is the same
bin, against the request, so its p-value is never smaller than the conformal p-value of Vovk, Gammerman and
Shafer (2005). The counts are halved at `HALVE_AT` scores, so that the past fades.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Real, Record, Whole

BINS = 128
HALVE_AT = 4096
HIGHEST = np.array([20.0, 16.0, 48.0, 12.0, 16.0])
"""By track: scores run from 0 to this, what lies beyond falls into the last bin."""


@compiled
def place_of(track: Whole, score: Real) -> Whole:
    """Return a score's bin, 0 to `BINS` - 1."""
    return int(min(score * (BINS / HIGHEST[track]), BINS - 1.0))


@compiled
def p_value(s: Record, track: Whole, score: Real) -> Real:
    """Return (#{earlier bin >= bin} + 1) / (n + 1), above 0 and at most 1."""
    first, above = place_of(track, score), 0
    if first < BINS // 2:  # count on the shorter side: most scores are small
        for place in range(first):
            above -= s.scores[track, place]
        above += s.scored[track]
    else:
        for place in range(first, BINS):
            above += s.scores[track, place]
    return (above + 1) / (s.scored[track] + 1)


@compiled
def learn(s: Record, track: Whole, score: Real) -> None:
    """Count a score."""
    s.scores[track, place_of(track, score)] += 1
    s.scored[track] += 1
    if s.scored[track] >= HALVE_AT:
        _halve(s, track)


@compiled
def _halve(s: Record, track: Whole) -> None:
    """Halve the number of scores above each bin's edge, rounded up, so that no tail becomes too thin."""
    above, kept = 0, 0
    for back in range(BINS):
        place = BINS - 1 - back
        above += s.scores[track, place]
        half = (above + 1) // 2
        s.scores[track, place] = half - kept
        kept = half
    s.scored[track] = kept
