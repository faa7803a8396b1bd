"""Which hashes were seen of late, in a fixed space."""

from __future__ import annotations

import numpy as np

from models.codec import Reader, Writer

SLOTS = 1024


class Recall:
    """A direct-mapped table of 16-bit marks: a newer hash takes the place of an older one.

    A hash that was seen may be forgotten; one that was not is taken for seen once in 65,535 times.
    """

    def __init__(self) -> None:
        self._marks = np.zeros(SLOTS, np.uint16)

    def __contains__(self, word: int) -> bool:
        """Tell whether the 64-bit hash was added and not displaced since."""
        return bool(self._marks[word % SLOTS] == _mark(word))

    def add(self, word: int) -> None:
        """Remember a 64-bit hash."""
        self._marks[word % SLOTS] = _mark(word)

    def dump(self, out: Writer) -> None:
        """Write the marks that are set: a young tenant's table is nearly empty."""
        places = np.flatnonzero(self._marks).astype(np.uint16)
        out.array(places)
        out.array(self._marks[places])

    def load(self, source: Reader) -> None:
        """Read the marks."""
        places = source.array(np.uint16, (-1,), 0, SLOTS - 1)
        self._marks[:] = 0
        self._marks[places] = source.array(np.uint16, places.shape)


def _mark(word: int) -> int:
    return (word >> 16) % 65_535 + 1
