"""Habits: shares of plain traits, of late against usually."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.core import habits
from models.core.layout import BLANK
from tests.models.core.tools import request

USUAL = {"output_tokens": 90, "chars": 60, "input_tokens": 400, "turn": 0, "principal": 7, "finish": 1}


def traits_of(**fields: Any) -> list[float]:
    """The traits of a request."""
    found = np.zeros(habits.TRAITS)
    habits.traits(request(**fields), found)
    return found.tolist()


def follow(s: Any, requests: list[dict[str, int]]) -> list[float]:
    """Score, learn and observe each request."""
    scores = []
    for fields in requests:
        found = np.array(traits_of(**fields))
        scores.append(float(habits.score(s, found)))
        habits.learn(s)
        habits.observe(s, found)
    return scores


def drawn(count: int, seed: int = 3) -> list[dict[str, int]]:
    """Requests of which half go on with a conversation and some answers are long."""
    random = np.random.default_rng(seed)
    turns, answers = random.integers(0, 2, count), np.exp(random.normal(4.5, 0.6, count))
    return [USUAL | {"turn": int(t), "output_tokens": int(a)} for t, a in zip(turns, answers, strict=True)]


def test_each_length_is_cut_into_steps() -> None:
    short = traits_of(output_tokens=16, chars=16, input_tokens=4)
    assert sum(short[: 3 * habits.STEPS]) == 0
    long = traits_of(output_tokens=1025, chars=1025, input_tokens=3_000)
    assert sum(long[: 3 * habits.STEPS]) == 3 * habits.STEPS
    middle = traits_of(output_tokens=65, chars=17, input_tokens=300)
    assert sum(middle[: habits.STEPS]) == 2
    assert sum(middle[habits.STEPS : 2 * habits.STEPS]) == 1
    assert sum(middle[2 * habits.STEPS : 3 * habits.STEPS]) == 3


def test_what_is_missing_is_no_trait() -> None:
    nothing = traits_of(output_tokens=-1, chars=-1, input_tokens=-1, turn=3, finish=0)
    assert sum(nothing) == 0


def test_there_is_no_score_before_enough_is_known() -> None:
    scores = follow(BLANK.copy()[0], drawn(habits.MINIMUM + 1))
    assert scores[: habits.MINIMUM] == [-1.0] * habits.MINIMUM
    assert scores[-1] >= 0


def test_a_steady_tenant_deviates_by_about_one_or_less() -> None:
    scores = follow(BLANK.copy()[0], drawn(4_000))[1_000:]
    assert np.mean(scores) < 1.2
    assert np.quantile(scores, 0.999) < 2.5


def test_many_requests_that_each_could_be_usual_stand_out_together() -> None:
    s = BLANK.copy()[0]
    usual = follow(s, drawn(2_000))[1_000:]
    alike = [USUAL | {"turn": 0, "output_tokens": 300} for _ in range(60)]
    deviations = follow(s, alike)
    assert deviations[0] < max(usual) * 1.5
    assert deviations[-1] > 2 * max(usual)


def test_new_habits_become_usual() -> None:
    s = BLANK.copy()[0]
    follow(s, drawn(2_000))
    other = [fields | {"principal": 0} for fields in drawn(4_000, seed=9)]
    deviations = follow(s, other)
    assert max(deviations[:200]) > 2
    assert np.mean(deviations[-500:]) < 1.2
    assert s["habits_usual"][3 * habits.STEPS + 1] == pytest.approx(0, abs=0.01)
