"""A state as bytes: tables without what is empty."""

from __future__ import annotations

from typing import Any

from models.compiled import compiled

PLAIN, REAL, FRONT = 0, 1, 2
"""Kinds of tables: numbers, numbers with a sign of zero, and those that fill up from the front."""

DENSE, SPARSE = 0, 1


@compiled
def pack_tables(state: Any, tables: Any, out: Any) -> int:
    """Write the tables of a state one after another, and return how many bytes that took.

    A table that fills up from the front is cut there. Of any other there is either all of it, or a bit for
    each item and those items alone that are not zero, whichever is shorter.

    Parameters
    ----------
    state, out
        Bytes; `out` has one byte more for each table.
    tables
        Of each its kind, where it begins, the bytes of an item, and the items of the table. Where it fills up
        from the front, also where the little-endian count of its items stands, and how many bytes that has.
    """
    at = 0
    for row in range(len(tables)):
        kind, begin, size, items = tables[row, 0], tables[row, 1], tables[row, 2], tables[row, 3]
        if kind == FRONT:
            count = 0
            for place in range(tables[row, 5]):
                count |= state[tables[row, 4] + place] << (8 * place)
            length = (items if count < 0 else min(count, items)) * size  # below 0: beyond 63 bits
            for place in range(length):
                out[at + place] = state[begin + place]
            at += length
            continue
        end = _pack_sparse(state, tables[row], out, at)
        if end:
            at = end
        else:
            out[at] = DENSE
            for place in range(items * size):
                out[at + 1 + place] = state[begin + place]
            at += 1 + items * size
    return at


@compiled
def _pack_sparse(state: Any, table: Any, out: Any, at: int) -> int:
    """Write the items that are not zero, and return where they end; 0 where that is not shorter."""
    kind, begin, size, items = table[0], table[1], table[2], table[3]
    out[at] = SPARSE
    values, most = at + 1 + (items + 7) // 8, at + 1 + items * size
    sign = 0x7F if kind == REAL else 0xFF
    bits, first = 0, begin
    for item in range(items):
        found = state[first + size - 1] & sign
        for place in range(first, first + size - 1):
            found |= state[place]
        bits <<= 1
        if found:
            if values + size >= most:
                return 0
            bits |= 1
            for place in range(size):
                out[values + place] = state[first + place]
            values += size
        if not (item + 1) % 8:
            out[at + 1 + item // 8] = bits
            bits = 0
        first += size
    if items % 8:
        out[at + 1 + items // 8] = bits << (8 - items % 8)
    return values if values < most else 0
