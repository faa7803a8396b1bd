"""Request rate against the tenant's own level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.stats import EWMean

from models.core import seasons
from models.core.rate import HOUR_MS, HOURS, INTERVAL_MS, MINIMUM, level_at
from models.sketch import Origin, Sketch
from tests.models.core.tools import Rate

START = 1_772_582_400_000


def requests(start: int, gap_ms: int, count: int) -> list[Sketch]:
    """Evenly spaced requests."""
    bare = Sketch(id="r1", tenant="acme", time=start, origin=Origin("t", 0, 0))
    return [replace(bare, time=start + number * gap_ms) for number in range(count)]


def step(signal: Rate, many: list[Sketch]) -> list[Any]:
    """Score, learn and observe requests; returns the scores."""
    scores = []
    for x in many:
        scores.append(signal.score_one(x))
        signal.learn_one(x)
        signal.observe_one(x)
    return scores


def test_nothing_is_scored_before_three_hours_are_known() -> None:
    scores = step(Rate(), requests(START, INTERVAL_MS // 5, 5 * MINIMUM + 20))
    known = [place for place, score in enumerate(scores) if score is not None]
    assert 5 * MINIMUM - 5 <= known[0] <= 5 * MINIMUM + 5
    assert len(known) == len(scores) - known[0]


def test_a_steady_rate_is_never_strange() -> None:
    scores = step(Rate(), requests(START, 60_000, 3 * 24 * 60))
    assert max(score for score in scores[24 * 60 :] if score is not None) < 1.5


def test_a_burst_is_strange() -> None:
    signal = Rate()
    step(signal, requests(START, 60_000, 2 * 24 * 60))
    burst = step(signal, requests(START + 48 * HOUR_MS, 1_000, 600))
    assert burst[-1] > 3 > burst[0]


def test_a_rate_that_falls_is_not_strange() -> None:
    signal = Rate()
    step(signal, requests(START, 60_000, 2 * 24 * 60))
    scores = step(signal, requests(START + 48 * HOUR_MS, 20 * 60_000, 30))
    assert max(scores) < 1.5


def test_a_busy_hour_that_comes_every_day_is_expected() -> None:
    signal = Rate()
    last: list[float] = []
    for day in range(12):
        start = START + day * 24 * HOUR_MS
        last = step(signal, requests(start, 10 * 60_000, 60))
        last += step(signal, requests(start + 10 * HOUR_MS, 15_000, 240))
        last += step(signal, requests(start + 11 * HOUR_MS, 10 * 60_000, 78))
    fresh = step(
        Rate(), requests(START, 10 * 60_000, 12 * 144) + requests(START + 298 * HOUR_MS, 15_000, 240)
    )
    assert max(last) < 0.75 * max(score for score in fresh if score is not None)


def test_a_reading_tells_requests_an_hour() -> None:
    signal = Rate()
    step(signal, requests(START, 60_000, 2 * 24 * 60))
    observed, expected = signal.reading(0, 0)
    assert observed == pytest.approx(60, rel=0.1)
    assert expected == pytest.approx(60, rel=0.15)


def test_a_late_request_counts_at_the_newest_time(dumped: Callable[[Any], bytes]) -> None:
    one, other = Rate(), Rate()
    many = requests(START, 60_000, 500)
    step(one, [*many, replace(many[-1], time=START)])
    step(other, [*many, many[-1]])
    assert dumped(one) == dumped(other)


def test_a_year_of_silence_is_learned_in_a_day_of_intervals() -> None:
    signal = Rate()
    step(signal, requests(START, 60_000, 500))
    (late,) = requests(START + 365 * 24 * HOUR_MS, 0, 1)
    before = int(signal.s["rate_intervals"])
    assert step(signal, [late])[0] is not None
    assert signal.s["rate_intervals"] - before == seasons.MOST_EMPTY
    assert late.time - INTERVAL_MS < signal.s["rate_learned"] <= late.time


@settings(deadline=None)
@given(st.lists(st.integers(1, 40 * HOUR_MS), min_size=1, max_size=60))
def test_the_usual_rate_is_learned_by_means_as_river_has_them(gaps: list[int]) -> None:
    signal, level, squares = Rate(), EWMean(seasons.FADING), EWMean(seasons.FADING)
    hours = [EWMean(seasons.HOUR_FADING) for _ in range(HOURS)]
    for x in (replace(requests(START, 0, 1)[0], time=START + passed) for passed in accumulate(gaps)):
        learned, before = int(signal.s["rate_learned"]), signal.s.copy()
        signal.learn_one(x)
        for end in range(learned + INTERVAL_MS, x.time + 1, INTERVAL_MS)[-seasons.MOST_EMPTY :]:
            if learned:
                now = float(level_at(before, end))
                level.update(now)
                squares.update(now * now)
                hours[(end + HOUR_MS // 2) // HOUR_MS % HOURS].update(now - level.get())
        signal.observe_one(x)
    assert signal.s["rate_mean"] == pytest.approx(level.get(), rel=1e-12)
    assert signal.s["rate_squares"] == pytest.approx(squares.get(), rel=1e-12)
    assert signal.s["hours"] == pytest.approx([mean.get() for mean in hours], abs=1e-5)
