from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.campaign.meaning import BITS, MOST, Meaning
from models.codec import Reader
from models.errors import SnapshotError

ALL = 2**BITS - 1
HALF = 2 ** (BITS // 2) - 1
words = st.integers(1, ALL)


def of(hashes: Iterable[int]) -> Meaning:
    meaning = Meaning()
    for one in hashes:
        meaning.add(one)
    return meaning


def test_the_cosine_tells_the_same_from_the_opposite_and_from_half_the_same() -> None:
    assert of([ALL]).near(of([ALL, ALL])) == pytest.approx(1.0)
    assert of([HALF]).near(of([ALL ^ HALF])) == pytest.approx(-1.0)
    assert of([HALF]).near(of([ALL])) == pytest.approx(0.0)


@given(st.lists(words, max_size=20), st.lists(words, max_size=20))
def test_nearness_is_a_cosine_and_the_same_from_both_sides(one: list[int], other: list[int]) -> None:
    near = of(one).near(of(other))
    assert -1.0 - 1e-9 <= near <= 1.0 + 1e-9
    assert near == pytest.approx(of(other).near(of(one)))


def test_prompts_without_content_mean_nothing() -> None:
    assert of([0, 0]).count == 0
    assert of([0]).near(of([5])) == 0.0


def test_the_mean_is_over_the_first_prompts() -> None:
    meaning = of([5] * MOST + [ALL ^ 5] * MOST)
    assert meaning.count == MOST
    assert meaning.near(of([5])) == pytest.approx(1.0)


@given(st.lists(words, max_size=30), st.lists(words, max_size=30), words)
def test_merging_is_the_mean_over_both(one: list[int], other: list[int], third: int) -> None:
    meaning = of(one)
    meaning.merge(of(other))
    assert meaning.count == len(one) + len(other)
    assert meaning.near(of([third])) == pytest.approx(of(one + other).near(of([third])))


def test_the_cosine_holds_for_what_was_merged_from_very_much() -> None:
    many = of([HALF] * MOST)
    for _ in range(12):
        many.merge(many)
    assert many.near(many) == pytest.approx(1.0)


def test_a_meaning_comes_back_as_it_was(dumped: Callable[[Any], bytes]) -> None:
    meaning = of([5, 77, ALL])
    back = Meaning.load(Reader(dumped(meaning)))
    assert dumped(back) == dumped(meaning)
    back.add(9)
    assert back.count == 4


def test_more_signs_than_prompts_are_refused(dumped: Callable[[Any], bytes]) -> None:
    meaning = of([5, 77])
    meaning.count = 1
    with pytest.raises(SnapshotError):
        Meaning.load(Reader(dumped(meaning)))
