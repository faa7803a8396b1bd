"""Accumulated evidence: seldom high where nothing changes, soon high where something does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.betting import power_bet
from models.core.shiryaev_roberts import CEILING, FRESH_CEILING
from tests.models.core.tools import ShiryaevRoberts

NOON_MS = 1_772_625_600_000


def fed(values: Iterable[float], block: int = 1, start: int = 1) -> ShiryaevRoberts:
    """The statistic after these e-values, a request a millisecond."""
    evidence = ShiryaevRoberts(block)
    for time, value in enumerate(values, start):
        evidence.update(value, time)
    return evidence


def test_it_follows_the_recursion() -> None:
    assert fed([2.0, 0.5, 3.0]).statistic == pytest.approx(((1 + 2.0) * 0.5 + 1) * 3.0)


def test_it_minus_the_time_is_a_martingale() -> None:
    """Over all 1,024 paths of ten fair bets the mean is the number of bets, exactly."""
    paths = [fed(path).statistic for path in product((0.5, 1.5), repeat=10)]
    assert np.mean(paths) == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize("block", [1, 5])
def test_the_mean_run_length_to_a_false_alarm_is_at_least_the_threshold(block: int) -> None:
    random, threshold, lengths = np.random.default_rng(21), 40.0, []
    for _ in range(120):
        evidence, requests = ShiryaevRoberts(block), 0
        while evidence.statistic < threshold:
            for p in random.uniform(size=block):
                evidence.update(power_bet(max(p, 1e-4)), requests + 1)
                requests += 1
        lengths.append(requests / block)
    assert np.mean(lengths) >= threshold


def test_dependence_inside_a_block_does_not_shorten_the_run() -> None:
    """Each block is one draw, repeated: correlated as much as can be."""
    random, threshold, lengths = np.random.default_rng(22), 40.0, []
    for _ in range(120):
        evidence, blocks = ShiryaevRoberts(10), 0
        while evidence.statistic < threshold:
            e = power_bet(max(random.uniform(), 1e-4))
            for _ in range(10):
                evidence.update(e, blocks + 1)
            blocks += 1
        lengths.append(blocks)
    assert np.mean(lengths) >= threshold


def test_a_shift_is_found_in_a_few_blocks() -> None:
    evidence = fed([1.0] * 100, block=5)
    low = evidence.statistic
    for time in range(40):
        evidence.update(power_bet(0.01), 1000 + time)
    assert evidence.statistic > 1000 > low


def test_evidence_changes_at_the_end_of_a_block_only() -> None:
    evidence = ShiryaevRoberts(4)
    seen = []
    for time, e in enumerate([3.0, 1.0, 0.0, 4.0, 9.0, 9.0, 9.0, 9.0], start=1):
        evidence.update(e, time)
        seen.append(evidence.statistic)
    assert seen == [0, 0, 0, 2.0, 2.0, 2.0, 2.0, 27.0]


def test_a_block_counts_the_mean_of_its_requests() -> None:
    assert fed([8.0, 0.0, 0.0, 0.0], block=4).statistic == fed([2.0] * 4, block=4).statistic


def test_it_stays_finite() -> None:
    assert fed([1e6] * 100).statistic == CEILING


def test_it_remembers_when_the_evidence_began() -> None:
    evidence = fed([0.1] * 5)
    assert evidence.start == 0
    for time in (100, 101, 102):
        evidence.update(5.0, time)
    assert evidence.start == 100


def test_evidence_that_fades_forgets_its_beginning() -> None:
    evidence = fed([5.0, 5.0])
    assert evidence.start == 1
    for time in range(3, 30):
        evidence.update(0.01, time)
    assert evidence.start == 0


def test_usual_requests_leave_no_beginning_behind() -> None:
    """The statistic hovers above 1 for ever, and yet the evidence begins with the attack."""
    evidence = fed([0.8] * 500)
    assert evidence.statistic > 1
    for time in range(1000, 1010):
        evidence.update(5.0, time)
    assert (evidence.start, evidence.count) == (1000, 10)


def test_fresh_evidence_is_bounded_and_fades_soon() -> None:
    evidence = fed([9.0] * 50)
    assert evidence.fresh == FRESH_CEILING
    for time in range(20):
        evidence.update(0.6, 1000 + time)
    assert evidence.fresh < 2
    assert evidence.statistic > 1e6


def test_a_reset_forgets_all(dumped: Callable[[Any], bytes]) -> None:
    evidence = fed([5.0, 7.0, 9.0], block=2)
    evidence.reset()
    assert dumped(evidence) == dumped(ShiryaevRoberts(2))


@given(st.lists(st.floats(0, 1e6), max_size=40), st.integers(1, 7))
@settings(deadline=None, max_examples=80)
def test_restored_evidence_goes_on_as_it_would(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any], values: list[float], block: int
) -> None:
    evidence = fed(values, block, NOON_MS)
    restored = loaded(ShiryaevRoberts(block), dumped(evidence))
    for time in range(NOON_MS + 1000, NOON_MS + 1010):
        evidence.update(2.0, time)
        restored.update(2.0, time)
    assert dumped(restored) == dumped(evidence)
    assert restored.statistic >= 0


def test_a_block_that_was_begun_under_a_longer_setting_is_filled_all_the_same(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    restored = loaded(ShiryaevRoberts(5), dumped(fed([2.0] * 15, 20, NOON_MS)))
    restored.update(2.0, NOON_MS + 1000)
    assert restored.statistic == 2.0
