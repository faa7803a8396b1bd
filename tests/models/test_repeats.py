"""Repeats: what was sent again is recognised, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.codec import Reader, Writer
from models.errors import SnapshotError
from models.repeats import REMEMBERED, Repeats
from models.sketch import Origin, Sketch


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


@pytest.mark.parametrize(
    ("marks", "following"),
    [
        (b"123", 3),
        (b"1234", 0),
        (b"1234", -4),
        (b"1234" * REMEMBERED, 512),
        (b"1234" * 129, 0),
        (b"1234" * 128, 2),
    ],
)
def test_marks_that_cannot_be_are_refused(marks: bytes, following: int) -> None:
    out = Writer()
    out.blob(marks)
    out.number(following)
    with pytest.raises(SnapshotError, match="marks"):
        loaded(out.finish())
