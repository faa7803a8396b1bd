"""A reservoir of one bit a dimension, and the cosines that are read from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.reservoir import CAPACITY, MEMORY
from models.embedding import DIMENSIONS, Vectors, quantise
from tests.models.core.tools import Reservoir

vectors = (
    st.binary(min_size=DIMENSIONS, max_size=DIMENSIONS)
    .map(lambda data: np.frombuffer(data, np.int8))
    .filter(any)
)


def drawn(count: int, seed: int = 1) -> Vectors:
    """Random vectors."""
    return quantise(np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32))


def filled(rows: Vectors) -> Reservoir:
    """A reservoir that was offered these."""
    reservoir = Reservoir()
    for row in rows:
        reservoir.offer(row)
    return reservoir


def naive(query: Vectors, rows: Vectors) -> np.ndarray:
    """The estimator as its paper writes it: the query, rounded to 16 steps, against what the signs keep."""
    q, kept = query.astype(float), rows.astype(float)
    rounded = 16.0 * np.floor((q + 128) / 16) - 120.5
    signs = np.where(kept > 0, 1.0, -1.0)
    share = np.abs(kept).sum(axis=1) / np.linalg.norm(kept, axis=1)
    return signs @ rounded / (np.linalg.norm(q) * share)


def test_an_empty_reservoir_has_no_cosines() -> None:
    assert Reservoir().cosines(drawn(1)[0]).shape == (0,)


@given(vectors, vectors)
@settings(deadline=None, max_examples=100)
def test_counting_bits_gives_the_estimator_as_written(query: Vectors, row: Vectors) -> None:
    (found,) = filled(row[np.newaxis]).cosines(query)
    assert found == pytest.approx(naive(query, row[np.newaxis])[0], rel=2e-4, abs=1e-6)


def test_the_counts_are_exact_for_the_largest_numbers() -> None:
    rows = np.array([[127] * DIMENSIONS, [-128] * DIMENSIONS, [127, -128] * (DIMENSIONS // 2)], np.int8)
    reservoir = filled(rows)
    for query in rows:
        assert reservoir.cosines(query) == pytest.approx(naive(query, rows), rel=2e-4)


@given(vectors)
@settings(deadline=None, max_examples=60)
def test_a_vector_is_like_itself(row: Vectors) -> None:
    assert filled(row[np.newaxis]).cosines(row)[0] == pytest.approx(1.0, abs=0.35)


def test_rounding_the_query_costs_next_to_nothing() -> None:
    rows = drawn(60)
    for row in rows:
        assert filled(row[np.newaxis]).cosines(row)[0] == pytest.approx(1.0, abs=0.03)


def test_estimates_are_close_to_the_cosines() -> None:
    rows = drawn(96)
    anchor = rows[0].astype(np.float32)
    shares = np.linspace(0, 1, 100, dtype=np.float32)[:, np.newaxis]
    queries = quantise(shares * anchor + (1 - shares) * drawn(100, 2).astype(np.float32))
    reservoir = filled(rows)
    errors = []
    for query in queries:
        q, kept = query.astype(float), rows.astype(float)
        exact = kept @ q / (np.linalg.norm(kept, axis=1) * np.linalg.norm(q))
        errors.append(reservoir.cosines(query) - exact)
    assert np.abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.08


def test_an_estimate_does_not_depend_on_what_else_is_kept() -> None:
    rows, query = drawn(CAPACITY), drawn(1, 9)[0]
    together = filled(rows).cosines(query)
    alone = [filled(rows[place : place + 1]).cosines(query)[0] for place in range(CAPACITY)]
    assert together.tolist() == alone


@pytest.mark.parametrize("count", [0, 1, CAPACITY - 1, CAPACITY, CAPACITY + 1, 4 * CAPACITY])
def test_it_keeps_no_more_than_its_capacity(count: int) -> None:
    reservoir = filled(drawn(count))
    assert reservoir.filled == min(count, CAPACITY)
    assert len(reservoir.cosines(drawn(1)[0])) == min(count, CAPACITY)


def test_until_it_is_full_it_keeps_everything_in_order() -> None:
    rows = drawn(CAPACITY)
    reservoir = filled(rows)
    for place in (0, CAPACITY // 2, CAPACITY - 1):
        assert int(np.argmax(reservoir.cosines(rows[place]))) == place


def test_a_full_reservoir_takes_in_one_in_so_many() -> None:
    rows = drawn(CAPACITY)
    reservoir = filled(rows)
    fresh = drawn(1, 5)[0]
    offers = 0
    while reservoir.cosines(fresh).max() < 0.99:
        reservoir.offer(fresh)
        offers += 1
        assert offers < 50 * MEMORY


def test_the_past_is_forgotten_in_time() -> None:
    old, new = drawn(CAPACITY, 1), drawn(1, 2)[0]
    reservoir = filled(old)
    for _ in range(10 * CAPACITY * MEMORY):
        reservoir.offer(new)
    assert (reservoir.cosines(new) > 0.99).mean() > 0.95


@pytest.mark.parametrize("count", [0, 3, CAPACITY, 3 * CAPACITY])
def test_a_restored_reservoir_goes_on_as_it_would(
    count: int, dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    reservoir = filled(drawn(count))
    restored = loaded(filled(drawn(7, 8)), dumped(reservoir))
    for row in drawn(3 * CAPACITY, 4):
        assert restored.cosines(row).tolist() == reservoir.cosines(row).tolist()
        reservoir.offer(row)
        restored.offer(row)
    assert dumped(restored) == dumped(reservoir)
