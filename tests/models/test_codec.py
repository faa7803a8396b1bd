"""Compact reading and writing of state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.codec import Reader, Writer
from models.errors import SnapshotError

values = st.one_of(
    st.tuples(st.just("number"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("word"), st.integers(0, 2**64 - 1)),
    st.tuples(st.just("real"), st.floats(allow_nan=False)),
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
