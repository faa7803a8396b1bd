"""Names, times and numbers for people."""

from __future__ import annotations

import pytest

from streams.wording import day, moment, number, shown, span


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acme", "acme"),
        ("Ångström", "Ångström"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb", "a\\nb"),
        ("\u202ex", "\\u202ex"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_shown(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_times_are_in_utc() -> None:
    assert moment(1_772_668_859_999) == "2026-03-05 00:00 UTC"
    assert day(1_772_668_800_000 - 1) == "2026-03-04"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_600 * 2 + 61, "2 h 1 min"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_a_length_of_time_has_its_largest_units(seconds: int, expected: str) -> None:
    assert span(seconds * 1000) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0123456, "0.0123"),
        (1.5, "1.5"),
        (1234.5, "1,234"),
        (2e7, "2.00e+07"),
        (-3e6, "-3.00e+06"),
        (0, "0"),
    ],
)
def test_a_number_has_the_digits_that_count(value: float, expected: str) -> None:
    assert number(value) == expected
