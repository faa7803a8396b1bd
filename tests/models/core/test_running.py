"""River's formulas, compiled."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from river.stats import EWMean, EWVar

from models.core.running import deviation, ew


@pytest.mark.parametrize("fading", [0.002, 0.12, 0.5])
def test_mean_and_deviation_are_those_of_river(fading: float) -> None:
    mean, variance = EWMean(fading_factor=fading), EWVar(fading_factor=fading)
    ours, squares = 0.0, 0.0
    for place, value in enumerate(np.random.default_rng(1).normal(3.0, 2.0, 3_000).tolist()):
        mean.update(value)
        variance.update(value)
        ours = ew(ours, value, fading, place > 0)
        squares = ew(squares, value * value, fading, place > 0)
        assert ours == mean.get()
        assert deviation(ours, squares) == sqrt(max(0.0, variance.get()))
