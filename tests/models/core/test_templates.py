"""The table of templates: counts, times, samples, and who has to leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.core import templates
from models.core.layout import BLANK
from models.core.mixing import mixed
from tests.models.core.tools import request

SECOND_MS = 1000
wholes = st.lists(st.integers(1, 2**64 - 1), min_size=1, max_size=30)


def blank() -> Any:
    return BLANK.copy()[0]


def counted(s: Any, template: int, whole: int = 1) -> int:
    """Count one more request, a second later; return the template's place."""
    s["events"] += 1
    s["time"] += SECOND_MS
    return int(templates.count(s, request(whole=whole), np.uint64(template)))


def known(s: Any) -> list[int]:
    return [int(template) for template in s["template_hashes"][: s["templates_known"]]]


def test_requests_are_counted_from_the_first_on() -> None:
    s = blank()
    s["time"], s["events"] = 10_000_999, 70
    places = {counted(s, 7, whole) for whole in range(1, 6)}
    s["events"] += 10
    assert places == {0}
    assert s["template_counts"][0] == 5
    assert s["template_since"][0] == 10_001
    assert s["template_joined"][0] == 10_001 + templates.JOIN - 1
    assert templates.requests(s, 0) == 15


def test_a_template_is_due_when_it_is_joined_and_when_its_count_has_doubled() -> None:
    s, told = blank(), []
    for _ in range(100):
        place = counted(s, 7)
        if templates.is_due(s, place):
            templates.tell(s, place)
            told.append(int(s["template_counts"][place]))
    assert told == [templates.JOIN * 2**power for power in range(len(told))]
    assert told[-1] > 50


def test_a_template_that_does_not_come_again_leaves_first() -> None:
    s = blank()
    for template in range(1, templates.TEMPLATES + 1):
        counted(s, template)
    counted(s, 1)
    counted(s, 99)
    assert known(s) == [1, 99, *range(3, templates.TEMPLATES + 1)]
    assert s["template_counts"][1] == 1


def test_a_template_in_use_stays_among_many_that_come_once() -> None:
    s = blank()
    for number in range(1, 2_000):
        counted(s, 7 if number % 6 == 0 else 1_000 + number)
    assert s["template_counts"][known(s).index(7)] == 1_999 // 6


def test_templates_that_are_no_longer_used_make_room_for_new_ones() -> None:
    s = blank()
    for number in range(8_000):
        counted(s, 1 + number % templates.TEMPLATES)
    for number in range(4_000):
        counted(s, 100 + number % templates.TEMPLATES)
    assert set(known(s)) == {100 + number for number in range(templates.TEMPLATES)}


def test_who_takes_a_place_inherits_nothing() -> None:
    s = blank()
    for template in (*range(1, templates.TEMPLATES + 1), 50):
        place = counted(s, template, whole=template)
        s["template_told"][place] = 1
    fresh = blank()
    fresh["time"], fresh["events"] = s["time"] - SECOND_MS, s["events"] - 1
    counted(fresh, 50, whole=50)
    s["template_told"][place] = 0
    for name in ("template_hashes", "template_slots", *templates.COUNTS):
        assert (s[name][place] == fresh[name][0]).all()


def test_a_template_that_was_told_and_comes_back_is_not_new() -> None:
    s = blank()
    for template in range(1, templates.TEMPLATES + 2):
        place = counted(s, template)
        assert templates.is_due(s, place) == (templates.JOIN == 1)
        templates.tell(s, place)
    assert 1 not in known(s)
    told = [templates.is_due(s, counted(s, 1)) for _ in range(2 * templates.JOIN)]
    assert told == [False] * (2 * templates.JOIN - 1) + [True]


@given(wholes)
def test_the_smallest_hashes_of_the_prompts_are_kept_once_and_in_order(prompts: list[int]) -> None:
    s, other = blank(), blank()
    for whole in prompts:
        counted(s, 7, whole)
    for whole in reversed(prompts):
        counted(other, 8, whole)
    kept = [slot for slot in s["template_slots"][0].tolist() if slot != templates.UNFILLED]
    hashes = {min(int(mixed(np.uint64(whole))) >> 32, templates.UNFILLED - 1) for whole in prompts}
    assert kept == sorted(hashes)[: templates.SLOTS]
    assert (s["template_slots"][0] == other["template_slots"][0]).all()


def test_counting_goes_on_where_numbers_end() -> None:
    s = blank()
    s["events"] = 2**32 - 3
    for _ in range(5):
        counted(s, 7)
    assert templates.requests(s, 0) == 5
    s["template_counts"][0] = templates.MOST
    counted(s, 7)
    assert s["template_counts"][0] == templates.MOST
