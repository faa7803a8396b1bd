from __future__ import annotations

from collections.abc import Callable
from math import exp, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad  # type: ignore[import-untyped]

from models.campaign.pace import MOST_BET, SHAPE, FleetClock, Pace, lomax
from models.codec import Reader
from tests.models.campaign.fleet import DAY_MS, HOUR_MS, LATER, START_MS

RATE = 0.2


def clock() -> FleetClock:
    """Return the clock of a fleet that is busy at noon and rests at night."""
    busy = FleetClock()
    for day in range(5):
        for hour, count in ((3, 2), (10, 60), (12, 200), (13, 90), (20, 30)):
            for _ in range(count):
                busy.see(START_MS + day * DAY_MS + hour * HOUR_MS)
    return busy


CLOCK = clock()
moments = st.integers(START_MS, START_MS + 9 * DAY_MS)


@given(moments, st.integers(0, 30))
def test_whole_days_count_24_hours_whenever_the_fleet_is_busy(time: int, days: int) -> None:
    assert CLOCK.between(time, time + days * DAY_MS) == pytest.approx(24 * days, abs=1e-6)


@given(moments, moments, moments)
def test_hours_on_the_fleets_clock_add_up_and_never_run_backwards(one: int, two: int, three: int) -> None:
    first, second, third = sorted((one, two, three))
    assert CLOCK.between(first, second) >= 0.0
    assert CLOCK.between(second, first) == (0.0 if second > first else CLOCK.between(first, second))
    parts = CLOCK.between(first, second) + CLOCK.between(second, third)
    assert CLOCK.between(first, third) == pytest.approx(parts, abs=1e-6)


def test_a_busy_hour_is_long_and_a_quiet_one_short() -> None:
    hours = [CLOCK.between(LATER + h * HOUR_MS, LATER + (h + 1) * HOUR_MS) for h in range(24)]
    assert max(hours) == hours[12] > 3.0
    assert 0.0 < hours[1] < 0.5
    assert FleetClock().between(LATER, LATER + HOUR_MS) == pytest.approx(1.0)


def test_the_clock_keeps_its_speed_for_the_day() -> None:
    busy = clock()
    before = busy.between(LATER, LATER + 13 * HOUR_MS)
    for _ in range(500):
        busy.see(START_MS + 4 * DAY_MS)
    assert busy.between(LATER, LATER + 13 * HOUR_MS) == before
    busy.see(START_MS + 5 * DAY_MS)
    assert busy.between(LATER, LATER + 13 * HOUR_MS) != before


def test_a_clock_comes_back_as_it_was(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    back = loaded(FleetClock(), dumped(CLOCK))
    assert dumped(back) == dumped(CLOCK)
    assert back.between(START_MS + 5, LATER) == CLOCK.between(START_MS + 5, LATER)


@pytest.mark.parametrize(("shape", "scale"), [(0.5, 10.0), (1.5, 0.01), (40.0, 300.0)])
def test_the_density_of_gaps_integrates_to_one(shape: float, scale: float) -> None:
    middle = 10 * scale / shape
    parts = [
        quad(lomax, low, high, (shape, scale), limit=200)[0] for low, high in ((0, middle), (middle, inf))
    ]
    assert sum(parts) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("gaps", [1, 2, 4])
def test_bets_on_the_usual_pace_gain_nothing_in_the_mean(gaps: int) -> None:
    random, runs = np.random.default_rng(5), 10_000
    products = np.ones(runs)
    for run in range(runs):
        pace, rate = Pace(), random.gamma(SHAPE, RATE / SHAPE)
        for gap in random.exponential(1.0 / rate, gaps):
            products[run] *= pace.bet(float(gap), RATE)
    for level in (10.0, 100.0, 1000.0):
        assert (products >= level).mean() <= 1.0 / level
    bounded = np.minimum(products, 100.0)
    error = bounded.std() / runs**0.5
    assert bounded.mean() <= 1.0 + 2 * error
    assert error < 0.1


@pytest.mark.parametrize("past", [[], [30.0, 1.0], [0.1, 0.1, 0.1], [5.0] * 20])
def test_the_mean_bet_over_the_gap_that_is_expected_is_one_at_most(past: list[float]) -> None:
    def weighed(log_gap: float) -> float:
        pace, gap = Pace(), exp(log_gap)
        for earlier in past:
            pace.bet(earlier, RATE)
        usual = lomax(gap, SHAPE + pace.gaps, SHAPE / RATE + pace.hours)
        return gap * usual * pace.bet(gap, RATE)

    mean = quad(weighed, -25.0, 40.0, limit=400)[0]
    assert 0.7 < mean <= 1.0 + 1e-6  # the bound on a bet takes the rest


def bets(pace: Pace, gap: float, count: int) -> list[float]:
    return [pace.bet(gap, RATE) for _ in range(count)]


def test_a_change_of_pace_is_bet_on_more_and_more() -> None:
    pace = Pace()
    assert max(bets(pace, 24.0, 20)) < 1.0
    faster = bets(pace, 0.5, 8)
    assert faster == sorted(faster)
    assert np.prod(faster) > 500.0


def test_a_template_that_has_always_been_popular_explains_itself() -> None:
    pace = Pace()
    early, late = bets(pace, 0.1, 200), bets(pace, 0.1, 50)
    assert max(early) > 2.0
    assert max(late) < 1.1


@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.0, 1e6)), max_size=50))
def test_a_bet_is_bounded_whatever_comes(gaps: list[tuple[float, float]]) -> None:
    pace = Pace()
    for gap, rate in gaps:
        assert 0.0 < pace.bet(gap, rate) <= MOST_BET
    assert sum(pace.decades) == pytest.approx(1.0)


def test_a_pace_comes_back_as_it_was(dumped: Callable[[Any], bytes]) -> None:
    pace = Pace()
    bets(pace, 0.3, 5)
    back = Pace.load(Reader(dumped(pace)))
    assert dumped(back) == dumped(pace)
    assert back.bet(0.1, RATE) == pace.bet(0.1, RATE)
