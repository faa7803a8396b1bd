"""Where a template's prompts lie in meaning: the mean signs of their embeddings' random projections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.codec import Reader, Writer

BITS = 64
MOST = 256
"""Prompts that the mean is over; later ones change it no more."""

_PLACES = np.arange(BITS, dtype=np.uint64)


class Meaning:
    """Sums of the signs of 64 projections (Charikar 2002) over a template's prompts."""

    __slots__ = ("_signs", "count")

    def __init__(self) -> None:
        self._signs: NDArray[np.int32] = np.zeros(BITS, np.int32)
        self.count = 0

    def add(self, simhash: int) -> None:
        """Take in a prompt; 0 stands for one without content."""
        if simhash and self.count < MOST:
            self._signs += (np.uint64(simhash) >> _PLACES & np.uint64(1)).astype(np.int32) * 2 - 1
            self.count += 1

    def merge(self, other: Meaning) -> None:
        """Take in all that another holds."""
        self._signs = self._signs + other._signs
        self.count += other.count

    def near(self, other: Meaning) -> float:
        """Return the cosine of the two means, -1 to 1; 0 where one has no content."""
        one, two = self._signs.astype(np.float64), other._signs.astype(np.float64)
        lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(two))
        return float(one @ two) / lengths if lengths else 0.0

    def dump(self, out: Writer) -> None:
        """Write the sums."""
        out.number(self.count)
        out.array(self._signs)

    @staticmethod
    def load(source: Reader) -> Meaning:
        """Read the sums."""
        meaning = Meaning()
        meaning.count = source.count(10**9)
        signs = source.array(np.int32, (BITS,), -meaning.count, meaning.count)
        meaning._signs = signs.astype(np.int32)
        return meaning
