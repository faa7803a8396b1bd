"""Tables are written as numpy would say: whole or without what is empty, whichever is shorter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.core.packing import DENSE, FRONT, PLAIN, REAL, SPARSE, pack_tables

KINDS = ("u1", "<u2", "<u4", "<i4", "<u8", "<f4", "<f8")


def packed(table: NDArray[Any]) -> bytes:
    """The same by numpy."""
    used = table != 0
    values = table[used]
    if values.nbytes + (table.size + 7) // 8 < table.nbytes:
        return bytes([SPARSE]) + np.packbits(used).tobytes() + values.tobytes()
    return bytes([DENSE]) + table.tobytes()


def written(state: bytes, tables: list[tuple[int, ...]]) -> bytes:
    out = np.full(len(state) + len(tables), 0xAA, np.uint8)
    size = pack_tables(np.frombuffer(state, np.uint8), np.array(tables, np.int64), out)
    return out[:size].tobytes()


@st.composite
def table(draw: st.DrawFn) -> NDArray[Any]:
    """A table of any kind, from empty to full."""
    kind, size = np.dtype(draw(st.sampled_from(KINDS))), draw(st.integers(1, 40))
    full = draw(st.integers(0, 4))
    items = draw(st.lists(st.integers(0, 100), min_size=size, max_size=size))
    return np.array([item if item % 5 < full else 0 for item in items], kind)


@settings(deadline=None)  # it compiles
@given(st.lists(table(), min_size=1, max_size=5))
def test_tables_are_written_one_after_another_and_the_shorter_way(tables: list[NDArray[Any]]) -> None:
    at, places = 0, []
    for one in tables:
        places.append((REAL if one.dtype.kind == "f" else PLAIN, at, one.itemsize, one.size, 0, 0))
        at += one.nbytes
    state = b"".join(one.tobytes() for one in tables)
    assert written(state, places) == b"".join(map(packed, tables))


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_a_zero_below_zero_is_empty_and_what_is_no_number_is_not(kind: str) -> None:
    reals = np.array([0.0, -0.0, np.nan, -1.5, -0.0, 0.0, -0.0, 0.0, 0.0], kind)
    assert written(reals.tobytes(), [(REAL, 0, reals.itemsize, reals.size, 0, 0)]) == packed(reals)


@settings(deadline=None)
@given(st.integers(0, 2000))
def test_a_table_that_fills_up_from_the_front_is_cut_where_its_count_says_or_it_ends(count: int) -> None:
    rows = np.arange(12, dtype="<u4")
    state = np.uint16(count).tobytes() + rows.tobytes()
    assert written(state, [(FRONT, 2, 8, 6, 0, 2)]) == rows.tobytes()[: 8 * min(count, 6)]
