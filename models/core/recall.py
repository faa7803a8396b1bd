"""Which hashes were seen of late.

A direct-mapped table of marks of 8 bits: a newer hash takes the place of an older one. A hash that was seen
may be forgotten; one that was not is taken for seen once in 255 times.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Table, Truth, Whole

SLOTS = 1024
MARKS = 255


@compiled
def holds(marks: Table, word: Whole) -> Truth:
    """Tell whether a 64-bit hash was added to a table and not displaced since."""
    return bool(marks[_place(marks, word)] == _mark(word))


@compiled
def add(marks: Table, word: Whole) -> None:
    """Remember a 64-bit hash."""
    marks[_place(marks, word)] = _mark(word)


@compiled
def _place(marks: Table, word: Whole) -> Whole:
    return np.int64(np.uint64(word) % np.uint64(len(marks)))


@compiled
def _mark(word: Whole) -> Whole:
    return np.uint8((np.uint64(word) >> np.uint64(16)) % np.uint64(MARKS) + np.uint64(1))
