"""A storm becomes a summary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.notify.flood import MOST_HELD, Flood


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def flood(per_minute: int = 3) -> tuple[Flood[int], Clock]:
    """A flood gate and its clock."""
    clock = Clock()
    return Flood(per_minute, 60.0, clock), clock


def test_as_many_as_stated_pass_at_once_and_no_more() -> None:
    gate, _ = flood()
    assert [gate.passes() for _ in range(5)] == [True, True, True, False, False]


def test_room_comes_back_with_time() -> None:
    gate, clock = flood()
    assert [gate.passes() for _ in range(4)][-1] is False
    clock.now += 20.0
    assert [gate.passes() for _ in range(2)] == [True, False]


def test_once_one_is_held_the_others_wait_behind_it() -> None:
    gate, clock = flood()
    gate.hold(1)
    clock.now += 59.0
    assert not gate.passes()
    assert not gate.is_due


def test_the_summary_is_due_a_while_after_the_first_and_then_all_goes_on() -> None:
    gate, clock = flood()
    gate.hold(1)
    clock.now += 30.0
    gate.hold(2)
    clock.now += 30.0
    assert gate.is_due
    assert gate.held == [1, 2]
    gate.clear()
    assert not gate.is_due
    assert gate.passes()


def test_what_is_held_is_bounded() -> None:
    gate, _ = flood()
    for number in range(MOST_HELD):
        gate.hold(number)
    assert gate.is_due


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_in_no_minute_pass_more_than_twice_what_is_stated(per_minute: int, gaps: list[float]) -> None:
    gate, clock = flood(per_minute)
    passed = []
    for gap in gaps:
        clock.now += gap
        if gate.passes():
            passed.append(clock.now)
    for start in passed:
        assert sum(start <= moment < start + 60.0 for moment in passed) <= 2 * per_minute
