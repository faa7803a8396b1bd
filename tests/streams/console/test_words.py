"""Reasons in words."""

from __future__ import annotations

import pytest

from models.control.signals import SWITCHES
from streams.console.words import MEANINGS, reason
from streams.finding_view import Comparison


@pytest.mark.parametrize(
    ("observed", "expected", "ends"),
    [
        ("9", "3", "9 against 3 nats, 3 times as much."),
        ("1", "4", "1 against 4 nats, a quarter of it."),
        ("1", "50", "1 against 50 nats, a 50th of it."),
        ("3.1", "3", "3.1 against 3 nats."),
        ("4", "0", "4 against 0 nats."),
        ("1e+308", "1e-10", "1e+308 against 1e-10 nats."),
        ("1e-10", "1e+308", "1e-10 against 1e+308 nats."),
        ("1.8e+308", "1.8e+308", "1.8e+308 against 1.8e+308 nats."),
    ],
)
def test_a_reason_says_how_far_it_is_from_what_was_expected(observed: str, expected: str, ends: str) -> None:
    assert reason(Comparison("novelty", observed, expected, "nats")).endswith(ends)


def test_every_signal_has_a_meaning() -> None:
    assert set(SWITCHES) - set(MEANINGS) == set()


def test_a_signal_that_is_not_known_has_a_reason_all_the_same() -> None:
    assert reason(Comparison("other", "1", "1", "")) == "Departs from what was expected: 1 against 1."
