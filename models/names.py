"""A table of names that is searched for many of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.core import names as core
from models.texts import Letters, as_bytes, encoded, joined

_FEWEST_SLOTS, _WORD = 64, 8


class NameTable:
    """Numbers of names, 0 or more; a name that finds no slot is left out, see `models.core.names.PROBES`."""

    def __init__(self) -> None:
        self._slots, self._entries = _words(0), _words(0)
        self._count, self._used, self._garbage = 0, core.HEAD, 0
        self._renew(0)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return self._slots.nbytes + self._entries.nbytes

    def find(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of names, `models.core.names.UNKNOWN` for one that is not in the table."""
        numbers, hashes = np.empty(len(names), np.int64), np.empty(len(names), np.uint64)
        core.find(*encoded(names), self._slots, self._entries, hashes, numbers)
        return numbers

    def add(self, name: str, number: int) -> None:
        """Take in a name that is not in the table yet."""
        letters, size = _letters(name)
        room = core.room(size)
        crowded = 2 * core.SLOT * (self._count + 1) > self._slots.nbytes
        if crowded or self._used + room > self._entries.nbytes:
            self._renew(room)
        if core.put(letters, size, number, self._slots, self._entries, self._used):
            self._count += 1
            self._used += room

    def remove(self, name: str) -> None:
        """Take out a name if it is in the table."""
        letters, size = _letters(name)
        if core.drop(letters, size, self._slots, self._entries):
            self._count -= 1
            self._garbage += core.room(size)

    def _renew(self, room: int) -> None:
        """Write the names that are left anew, with room for as many again and for one that takes so much."""
        slots = max(_FEWEST_SLOTS, 1 << (3 * self._count).bit_length())
        old = self._slots, self._entries
        self._slots = _words(slots * core.SLOT)
        self._entries = _words(2 * (self._used - self._garbage + room))
        self._count, self._used = core.move(*old, self._slots, self._entries)
        self._garbage = 0


def _words(size: int) -> NDArray[np.uint64]:
    """Return words of so many bytes, all 0."""
    return np.zeros(size // _WORD, np.uint64)


def _letters(name: str) -> tuple[Letters, int]:
    """Return a name as compiled code reads it, and its size in bytes."""
    whole = as_bytes(name)
    return joined([whole])[0], len(whole)
