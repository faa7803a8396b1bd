from __future__ import annotations

from collections import Counter

from models.episode import State
from streams.clean_time import CleanTime

START = 1_800_000_000_000


def states(normal: int, suspicious: int = 0) -> Counter[State]:
    """Tenants of whom some cannot alert: they are warming, alerting or cooling."""
    others = dict.fromkeys((State.WARMING, State.ALERTING, State.COOLING), 7)
    return Counter({State.NORMAL: normal, State.SUSPICIOUS: suspicious, **others})


def test_time_counts_for_those_alone_who_can_alert() -> None:
    clean = CleanTime()
    assert clean.passed(START, states(3, 1)) == 0
    assert clean.passed(START + 60_000, states(3, 1)) == 4 * 60


def test_what_passed_before_the_first_request_is_not_counted() -> None:
    clean = CleanTime()
    assert clean.passed(0, states(0)) == 0
    assert clean.passed(START, states(5)) == 0
    assert clean.passed(START + 1000, states(5)) == 5


def test_tenants_that_came_meanwhile_count_for_half_of_the_time() -> None:
    clean = CleanTime()
    clean.passed(START, states(10))
    assert clean.passed(START + 10_000, states(30)) == 200


def test_time_that_does_not_move_counts_nothing() -> None:
    clean = CleanTime()
    clean.passed(START, states(10))
    assert clean.passed(START, states(10)) == 0
    assert clean.passed(START - 5000, states(10)) == 0
