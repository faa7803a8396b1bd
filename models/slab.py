"""Tenants' states in memory: records in chunks of arrays, so that many grow without being copied."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core.layout import BLANK, STATE

CHUNK = 32_768
"""States in a chunk: the fewer chunks, the fewer calls of the core for a batch. The memory of states that
nobody took yet is reserved and not touched."""


class Slab:
    """States by number, the numbers of those that were given back first.

    Parameters
    ----------
    chunk
        States that are added together, 1 or more.
    """

    def __init__(self, chunk: int = CHUNK) -> None:
        self.chunk = chunk
        self.chunks: list[NDArray[Any]] = []
        self._free: list[int] = []
        self._taken = 0

    def take(self) -> int:
        """Return the number of a blank state."""
        if self._free:
            row = self._free.pop()
        else:
            row = self._taken
            self._taken += 1
            if row == len(self.chunks) * self.chunk:
                self.chunks.append(np.zeros(self.chunk, STATE))
        self.put(row, BLANK[0])
        return row

    def give_back(self, row: int) -> None:
        """Let a state go."""
        self._free.append(row)

    def state(self, row: int) -> Any:
        """Return a state, a record that can be written."""
        return self.chunks[row // self.chunk][row % self.chunk]

    def column(self, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return one number of many states."""
        found = np.empty(len(rows), STATE[name])
        for number, chunk in enumerate(self.chunks):
            here = rows // self.chunk == number
            found[here] = chunk[name][rows[here] % self.chunk]
        return found

    def fill(self, name: str, rows: NDArray[np.int64], value: int) -> None:
        """Set one number of many states."""
        for number, chunk in enumerate(self.chunks):
            chunk[name][rows[rows // self.chunk == number] % self.chunk] = value

    def put(self, row: int, state: Any) -> None:
        """Replace a state."""
        self.chunks[row // self.chunk][row % self.chunk] = state
