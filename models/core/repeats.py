"""Requests that reached us twice: a producer that is not sure sends again.

A repeat has the id, the time and the prompt of a recent request. The id alone would not do: where a client
may choose it, a constant one would hide all but the first of its requests. A mark has 32 bits, so that of a
billion requests about 30 are taken for repeats.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Record, Table, Truth, Whole

REMEMBERED = 128
"""Requests of a tenant that are remembered; who sends again sends what was sent last."""

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, 64 bits
_MIX = np.uint64(0x9E3779B97F4A7C15)


@compiled
def mark_of(x: Record, request_id: Table) -> Whole:
    """Hash the id's bytes, the time and the prompt of a request to 32 bits."""
    word = _BASIS
    for byte in request_id:
        word = (word ^ np.uint64(byte)) * _PRIME
    word = (word ^ np.uint64(x.time)) * _MIX
    word ^= word >> np.uint64(29)
    word = (word ^ x.whole) * _MIX
    return np.uint32((word ^ (word >> np.uint64(32))) & np.uint64(0xFFFFFFFF))


@compiled
def seen(s: Record, x: Record, request_id: Table) -> Truth:
    """Tell whether a request is a repeat, and remember it if it is not."""
    mark = mark_of(x, request_id)
    found = False
    for place in range(np.int64(s.mark_count)):
        found |= s.marks[place] == mark
    if found:
        return True
    s.marks[s.mark_next] = mark
    s.mark_next = (np.int64(s.mark_next) + 1) % REMEMBERED
    s.mark_count = min(REMEMBERED, np.int64(s.mark_count) + 1)
    return False
