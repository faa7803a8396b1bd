"""Conformal p-values: how often they are small, and that they never flatter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.betting import power_bet
from models.core.calibration import HALVE_AT
from models.core.calibration import HIGHEST as HIGHESTS
from models.core.streams import NOVELTY
from tests.models.core.tools import Calibration

HIGHEST = float(HIGHESTS[NOVELTY])
LEVELS = (0.01, 0.02, 0.05, 0.1, 0.3, 0.7)


def learned(scores: Iterable[float]) -> Calibration:
    """A calibration that knows these scores."""
    calibration = Calibration()
    for score in scores:
        calibration.learn(score)
    return calibration


def test_the_first_score_has_no_evidence() -> None:
    assert Calibration().p_value(9.0) == 1.0


def test_a_higher_score_never_has_a_higher_p_value() -> None:
    calibration = learned(np.random.default_rng(1).exponential(2.0, 500))
    values = [calibration.p_value(score) for score in np.linspace(0, 2 * HIGHEST, 300)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 1.0


def test_a_score_beyond_all_others_has_the_least_p_value() -> None:
    calibration = learned([1.0] * 99)
    assert calibration.p_value(9.0) == pytest.approx(0.01)
    assert calibration.p_value(1e9) == pytest.approx(0.01)


@given(st.lists(st.floats(0, 12) | st.sampled_from([0.0, 1.0, 10.0]), max_size=200), st.floats(0, 12))
@settings(deadline=None, max_examples=150)
def test_a_p_value_is_never_below_the_conformal_one(scores: list[float], score: float) -> None:
    exact = (sum(earlier >= score for earlier in scores) + 1) / (len(scores) + 1)
    assert exact <= learned(scores).p_value(score) <= 1.0


@pytest.mark.parametrize("shape", ["exponential", "uniform", "few values", "beyond the highest"])
def test_p_values_of_exchangeable_scores_are_not_small_too_often(shape: str) -> None:
    random = np.random.default_rng(11)
    draws = {
        "exponential": lambda size: random.exponential(1.0, size),
        "uniform": lambda size: random.uniform(0, HIGHEST, size),
        "few values": lambda size: random.integers(0, 5, size).astype(float),
        "beyond the highest": lambda size: random.exponential(8.0, size),
    }
    found = []
    for _ in range(60):
        *past, _ = scores = draws[shape](400)
        calibration = learned(past[:300])
        for score in scores[300:]:
            found.append(calibration.p_value(score))
            calibration.learn(score)
    values = np.array(found)
    for level in LEVELS:
        spread = 4 * np.sqrt(level / len(values))
        assert (values <= level).mean() <= level + spread


def test_p_values_stay_honest_when_the_past_fades() -> None:
    random = np.random.default_rng(12)
    calibration = Calibration()
    found = []
    for score in random.exponential(1.0, 30_000):
        if calibration.total >= 1000:
            found.append(calibration.p_value(score))
        calibration.learn(score)
    values = np.array(found)
    for level in (0.001, 0.002, 0.005, *LEVELS):
        assert (values <= level).mean() <= level + 4 * np.sqrt(level / len(values))


def test_bets_on_its_p_values_expect_at_most_1_when_the_past_fades() -> None:
    calibration = Calibration()
    bets = []
    for score in np.random.default_rng(13).exponential(1.0, 30_000):
        if calibration.total >= 1000:
            bets.append(power_bet(calibration.p_value(score)))
        calibration.learn(score)
    assert np.mean(bets) <= 1.0


def test_halving_makes_no_p_value_smaller_than_half_the_scores_would() -> None:
    scores = np.random.default_rng(14).exponential(1.0, HALVE_AT)
    calibration = learned(scores)
    assert calibration.total < HALVE_AT
    for score in np.linspace(0, HIGHEST, 60):
        assert calibration.p_value(score) >= (scores >= score).mean()


def test_the_past_fades() -> None:
    calibration = learned([9.0] * (HALVE_AT // 2))
    before = calibration.p_value(9.0)
    for _ in range(4 * HALVE_AT):
        calibration.learn(1.0)
    assert before == 1.0
    assert calibration.p_value(9.0) < 0.1


def test_it_counts_no_more_than_its_bound() -> None:
    calibration = Calibration()
    for score in np.random.default_rng(2).exponential(1.0, 3 * HALVE_AT):
        calibration.learn(score)
        assert calibration.total <= HALVE_AT


@given(st.lists(st.floats(0, 20), max_size=100))
@settings(deadline=None, max_examples=40)
def test_a_restored_calibration_says_the_same(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any], scores: list[float]
) -> None:
    calibration = learned(scores)
    restored = loaded(Calibration(), dumped(calibration))
    assert dumped(restored) == dumped(calibration)
    assert restored.total == calibration.total
    assert [restored.p_value(score) for score in range(12)] == [
        calibration.p_value(score) for score in range(12)
    ]
