"""Running mean and deviation by the formulas of `river.stats.EWMean` and `EWVar` (Finch 2009)."""

from __future__ import annotations

from math import sqrt

from models.compiled import compiled
from models.core.kinds import Real, Truth

HIGHEST = 100.0
"""Beyond the size of any value that is averaged."""


@compiled
def ew(mean: Real, value: Real, fading: Real, known: Truth) -> Real:
    """Return the mean with one more value of weight `fading` in it; the first value is the mean."""
    return fading * value + (1.0 - fading) * mean if known else value


@compiled
def deviation(mean: Real, squares: Real) -> Real:
    """Return the standard deviation, given the running means of the values and of their squares."""
    return sqrt(max(0.0, squares - mean * mean))
