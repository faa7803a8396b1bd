"""Growth: a tenant that goes round in what it knows, and one that goes on for ever."""

from __future__ import annotations

import numpy as np
import pytest

from models.core import growth
from models.core.layout import BLANK
from tests.models.core.tools import request


@pytest.mark.parametrize("frequency", [0.02, 0.3, 0.7])
def test_a_bet_expects_at_most_1_where_the_frequency_is_the_usual(frequency: float) -> None:
    random = np.random.default_rng(5)
    bets = []
    for _ in range(300):
        seen, new = 0.0, 0.0
        for answer in (random.random(1_500) < frequency).tolist():
            if seen > growth.MINIMUM:
                bets.append(growth.bet(seen, new, answer))
            seen += 1.0 - growth.FADING * seen
            new += answer - growth.FADING * new
    assert np.mean(bets) <= 1.0


def test_answers_that_are_all_new_win_the_bet() -> None:
    won, lost, early = (
        growth.bet(seen, seen / 10, answer) for seen, answer in ((400.0, 1), (400.0, 0), (5.0, 1))
    )
    assert won > 3
    assert lost < 1
    assert early == 1.0


def test_cells_are_new_once_and_the_exponent_falls_when_no_new_ones_come() -> None:
    s = BLANK.copy()[0]
    exponents = []
    for number in range(3_000):
        x = request(embedded=1, simhash=(number % 50 if number > 200 else number) << 16, head_4=7)
        first = growth.is_new_topic(s, x)
        assert first == (number <= 200)
        growth.learn_topic(s, first)
        growth.observe(s, x)
        exponents.append(growth.exponent(s))
    assert exponents[200] == pytest.approx(1.0)
    assert exponents[-1] < 0.2
    assert s["buckets_used"] == 201


def test_the_template_is_the_longest_head() -> None:
    assert growth.template(request(head_4=1, head_8=2)) == 2
    assert growth.template(request(head_4=1, head_8=2, head_16=3, head_32=4)) == 4
    assert growth.template(request()) == 0


def test_a_slot_is_new_where_the_template_is_known_and_the_prompt_is_not() -> None:
    s = BLANK.copy()[0]
    x = request(head_4=99, whole=5)
    assert growth.is_new(s, x)
    assert not growth.knows_template(s, x)
    growth.observe(s, x)
    assert growth.knows_template(s, x)
    assert not growth.is_new(s, request(head_4=99))
