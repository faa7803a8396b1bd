"""Publishing at a chosen speed, on a clock that the test drives."""

from __future__ import annotations

import pytest

from streams.pace import Clock, Pace


class FakeTime:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


def test_without_a_limit_nothing_waits() -> None:
    time = FakeTime()
    pace = Pace(clock=time.clock)
    for _ in range(1_000):
        pace.wait(0)
    assert time.now == 100.0


def test_a_rate_spreads_events_evenly() -> None:
    time = FakeTime()
    pace = Pace(rate=20, clock=time.clock)
    for _ in range(101):
        pace.wait()
    assert time.now == pytest.approx(105.0)


def test_a_speed_follows_the_events_own_time() -> None:
    time = FakeTime()
    pace = Pace(speed=60, clock=time.clock)
    for minute in range(11):
        pace.wait(minute * 60_000)
    assert time.now == pytest.approx(110.0)


def test_time_that_was_lost_is_caught_up() -> None:
    time = FakeTime()
    pace = Pace(rate=1, clock=time.clock)
    pace.wait()
    time.now += 50
    pace.wait()
    assert time.now == 150.0
