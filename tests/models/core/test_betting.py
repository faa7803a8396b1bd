"""Bets on p-values: fair where nothing has changed, rewarding where it has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.betting import power_bet


@pytest.mark.parametrize("count", [1, 2, 5, 20, 100, 1000, 20_000])
def test_on_uniform_ranks_a_bet_expects_at_most_1(count: int) -> None:
    ranks = np.arange(1, count + 1) / count
    assert np.mean([power_bet(p) for p in ranks]) <= 1.0 + 1e-9


def test_on_a_uniform_p_value_a_bet_expects_1() -> None:
    """The integral over (0, 1] by the substitution p = u**20, which tames the pole at 0."""
    u = (np.arange(200_000) + 0.5) / 200_000
    integral = np.mean([power_bet(p) * 20 * root**19 for p, root in zip(u**20, u, strict=True) if p > 1e-300])
    assert integral == pytest.approx(1.0, abs=0.01)


def test_no_surprise_costs_half_the_stake() -> None:
    assert power_bet(1.0) == pytest.approx(0.5)


@given(st.floats(1e-12, 1), st.floats(1e-12, 1))
@settings(deadline=None, max_examples=100)
def test_the_smaller_the_p_value_the_more_the_bet_wins(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert power_bet(low) >= power_bet(high) > 0


def test_small_p_values_win_much() -> None:
    assert power_bet(0.001) > 20 > power_bet(0.05) > 1
