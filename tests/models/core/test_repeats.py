"""Repeats: what was sent again is recognised, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.codec import Reader, Writer
from models.core.repeats import REMEMBERED
from models.sketch import Origin, Sketch
from tests.models.core.tools import Repeats


def request(number: int) -> Sketch:
    return Sketch(id=f"r{number}", tenant="a", time=1_772_582_400_000 + number, origin=Origin("t", 0, number))


def dumped(repeats: Repeats) -> bytes:
    out = Writer()
    repeats.dump(out)
    return out.finish()


def loaded(body: bytes) -> Repeats:
    repeats, source = Repeats(), Reader(body)
    repeats.load(source)
    source.end()
    return repeats


@given(st.lists(st.integers(0, 400), max_size=600))
@settings(deadline=None)
def test_it_remembers_the_last_requests_and_no_more(numbers: list[int]) -> None:
    repeats, known = Repeats(), list[int]()
    for number in numbers:
        assert repeats.seen(request(number)) == (number in known[-REMEMBERED:])
        if number not in known[-REMEMBERED:]:
            known.append(number)


@pytest.mark.parametrize("change", [{"id": "other"}, {"time": 5}, {"whole": 9}])
def test_a_request_that_differs_is_no_repeat(change: dict[str, object]) -> None:
    repeats = Repeats()
    assert not repeats.seen(request(1))
    assert not repeats.seen(replace(request(1), **change))  # type: ignore[arg-type]
    assert repeats.seen(request(1))


@pytest.mark.parametrize("count", [0, 1, REMEMBERED - 1, REMEMBERED, REMEMBERED + 7])
def test_what_is_remembered_survives_a_snapshot(count: int) -> None:
    repeats = Repeats()
    for number in range(count):
        repeats.seen(request(number))
    again = loaded(dumped(repeats))
    assert dumped(again) == dumped(repeats)
    assert [again.seen(request(number)) for number in range(400)] == [
        repeats.seen(request(number)) for number in range(400)
    ]
