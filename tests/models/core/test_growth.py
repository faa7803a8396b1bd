"""Growth: a tenant that goes round in what it knows, and one that goes on for ever."""

from __future__ import annotations

from typing import Any

import pytest

from models.core import growth, novelty
from models.core.layout import BLANK
from tests.models.core.tools import request


def observe(s: Any, x: Any) -> None:
    """Follow a request as the core does."""
    growth.observe(s, x, growth.is_new(s, x), growth.knows_template(s, x), growth.is_new_topic(s, x))


def test_cells_are_new_once_and_the_exponent_falls_when_no_new_ones_come() -> None:
    s = BLANK.copy()[0]
    exponents = []
    for number in range(3_000):
        x = request(embedded=1, simhash=(number % 50 if number > 200 else number) << 16, head_4=7)
        first = growth.is_new_topic(s, x)
        assert first == (number <= 200)
        growth.learn_topic(s, first)
        observe(s, x)
        exponents.append(growth.exponent(s, growth.usual_topics(s)))
    assert exponents[200] == pytest.approx(1.0)
    assert exponents[-1] < 0.2
    assert s["topics_late"] < 0.01
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
    observe(s, x)
    assert growth.knows_template(s, x)
    assert not growth.is_new(s, request(head_4=99))


def test_the_share_of_new_slots_is_read_of_late_and_usually() -> None:
    s = BLANK.copy()[0]
    for number in range(2_000):
        x = request(head_4=99, whole=1 + (number % 10 if number < 1_900 else number))
        new, known = growth.is_new(s, x), growth.knows_template(s, x)
        if known and number < 1_900:
            growth.learn_slot(s, new)
        observe(s, x)
        novelty.observe(s, x)
    assert growth.usual_slots(s) < 0.05
    assert s["slots_late"] > 0.9
