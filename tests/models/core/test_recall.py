"""Which hashes were seen of late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.recall import MARKS, SLOTS
from tests.models.core.tools import Recall

words = st.integers(0, 2**64 - 1)


def drawn(count: int, seed: int = 1) -> list[int]:
    """Random hashes of 64 bits."""
    return [int(word) for word in np.random.default_rng(seed).integers(0, 2**63, count)]


@given(words)
@settings(deadline=None, max_examples=60)
def test_a_hash_is_known_once_it_was_added(word: int) -> None:
    recall = Recall()
    assert word not in recall
    recall.add(word)
    assert word in recall


def test_hashes_that_were_never_added_are_seldom_known() -> None:
    recall = Recall()
    for word in drawn(3 * SLOTS):
        recall.add(word)
    assert sum(word in recall for word in drawn(20_000, 2)) < 2 * 20_000 / MARKS


def test_the_last_hashes_are_known_but_for_a_few_that_were_displaced() -> None:
    recall = Recall()
    many = drawn(20 * SLOTS)
    for word in many:
        recall.add(word)
    assert sum(word in recall for word in many[-SLOTS // 8 :]) > 0.9 * SLOTS / 8
    assert sum(word in recall for word in many[: 10 * SLOTS]) < 2 * 10 * SLOTS / MARKS


def test_a_newer_hash_takes_the_place_of_an_older() -> None:
    recall = Recall()
    one, other = 5, 5 + (SLOTS << 16)
    recall.add(one)
    recall.add(other)
    assert other in recall
    assert one not in recall


@given(st.lists(words, max_size=60))
@settings(deadline=None, max_examples=60)
def test_a_restored_table_knows_the_same(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any], many: list[int]
) -> None:
    recall = Recall()
    for word in many:
        recall.add(word)
    restored = loaded(Recall(), dumped(recall))
    assert dumped(restored) == dumped(recall)
    assert [word in restored for word in many] == [word in recall for word in many]
