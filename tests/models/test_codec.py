"""Compact reading and writing of state."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.codec import LARGEST, MOST_COUNT, YEAR_MS, Reader, Writer
from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS

values = st.one_of(
    st.tuples(st.just("number"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("word"), st.integers(0, 2**64 - 1)),
    st.tuples(st.just("real"), st.floats(-LARGEST, LARGEST)),
    st.tuples(st.just("blob"), st.binary(max_size=30)),
    st.tuples(st.just("text"), st.text(max_size=30)),
)


def written(parts: list[tuple[str, object]]) -> bytes:
    """The bytes of these values."""
    out = Writer()
    for kind, value in parts:
        getattr(out, kind)(value)
    return out.finish()


def read(source: Reader, parts: list[tuple[str, object]]) -> list[object]:
    """Values of these kinds."""
    return [getattr(source, kind)() for kind, _ in parts]


@given(st.lists(values, max_size=12))
@settings(deadline=None, max_examples=100)
def test_what_is_written_is_read_in_the_same_order(parts: list[tuple[str, object]]) -> None:
    source = Reader(written(parts))
    assert read(source, parts) == [value for _, value in parts]
    source.end()


@given(st.lists(values, min_size=1, max_size=6), st.data())
@settings(deadline=None, max_examples=100)
def test_bytes_that_end_early_are_refused(parts: list[tuple[str, object]], data: st.DataObject) -> None:
    whole = written(parts)
    source = Reader(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(SnapshotError):
        read(source, parts)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint64, np.float32])
def test_an_array_comes_back_writable_in_its_shape(dtype: type[np.generic]) -> None:
    out = Writer()
    array = np.arange(12).astype(dtype).reshape(3, 4)
    out.array(array)
    read = Reader(out.finish()).array(dtype, (3, 4))
    assert np.array_equal(read, array)
    read[0, 0] = 9
    assert read[0, 0] == 9


def test_an_empty_array_comes_back() -> None:
    out = Writer()
    out.array(np.zeros((0, 4), np.uint64))
    assert Reader(out.finish()).array(np.uint64, (-1, 4)).shape == (0, 4)


@pytest.mark.parametrize("size", [0, 1, 15, 17, 24])
def test_an_array_of_another_size_is_refused(size: int) -> None:
    out = Writer()
    out.blob(bytes(size))
    with pytest.raises(SnapshotError, match="another size"):
        Reader(out.finish()).array(np.uint64, (2,))


def test_a_text_that_is_not_utf8_is_refused() -> None:
    out = Writer()
    out.blob(b"\xff\xfe")
    with pytest.raises(SnapshotError, match="UTF-8"):
        Reader(out.finish()).text()


def test_bytes_that_nobody_read_are_refused() -> None:
    with pytest.raises(SnapshotError, match="longer"):
        Reader(b"\0").end()


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", 8, lambda source: source.number(-3, 7)),
        ("number", -4, lambda source: source.number(-3, 7)),
        ("number", -1, Reader.count),
        ("number", MOST_COUNT + 1, Reader.count),
        ("number", 6, lambda source: source.count(5)),
        ("number", 1, Reader.time),
        ("number", EARLIEST_MS - 1, Reader.time),
        ("number", LATEST_MS + 2 * YEAR_MS, Reader.time),
        ("real", nan, Reader.real),
        ("real", inf, Reader.real),
        ("real", -inf, Reader.real),
        ("real", -0.1, lambda source: source.real(0.0)),
        ("real", 1.1, lambda source: source.real(0.0, 1.0)),
        ("blob", b"1234", lambda source: source.blob(3)),
        ("text", "1234", lambda source: source.text(3)),
        ("array", np.array([1, 9], np.uint8), lambda source: source.array(np.uint8, (2,), 1, 8)),
        ("array", np.array([0, 8], np.uint8), lambda source: source.array(np.uint8, (2,), 1, 8)),
        ("array", np.array([1, nan], np.float32), lambda source: source.array(np.float32, (2,), 0)),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    kind: str, value: object, read: Callable[[Reader], object]
) -> None:
    out = Writer()
    getattr(out, kind)(value)
    with pytest.raises(SnapshotError, match="out of its range"):
        read(Reader(out.finish()))


@pytest.mark.parametrize("time", [0, EARLIEST_MS, LATEST_MS - 1, LATEST_MS + YEAR_MS])
def test_a_time_is_none_or_one_of_a_request_or_planned_after_it(time: int) -> None:
    out = Writer()
    out.number(time)
    assert Reader(out.finish()).time() == time


def test_a_size_beyond_the_bytes_takes_no_memory() -> None:
    with pytest.raises(SnapshotError, match="ends early"):
        Reader(b"\xff\xff\xff\xff1234").blob()
