"""A biased sample of earlier requests, at 36 bytes a request."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.codec import Reader, Writer
from models.embedding import DIMENSIONS
from models.errors import SnapshotError

CAPACITY = 192
MEMORY = 8
"""A full reservoir takes in one request in so many: it remembers about `CAPACITY * MEMORY` requests."""

SHORTEST, LONGEST = 0.99, 16.01
"""The projection of a unit vector of 256 dimensions on its signs is 1 to 16 long, rounding aside."""

_WORDS = DIMENSIONS // 64
_BITS = 8
_OFFSET = 128
_WEIGHTS = np.repeat(2.0 ** np.arange(_BITS - 1, -1, -1), _WORDS).astype(np.float32)
_MULTIPLIER = 6_364_136_223_846_793_005  # Knuth's linear congruential generator (MMIX)
_INCREMENT = 1_442_695_040_888_963_407
_MASK = 2**64 - 1

Vector = NDArray[np.int8]


class Reservoir:
    """An exponentially biased reservoir (Aggarwal 2006) of the signs of vectors of 256 signed bytes.

    A stored vector keeps one bit a dimension and the length of its projection on those signs, a query is kept
    exact: the estimator of RaBitQ (Gao and Long 2024). The inner products are whole numbers, counted from
    bits, so they are equal on every machine. Which request is kept is drawn from a generator that is part of
    the state.
    """

    def __init__(self) -> None:
        self._codes = np.zeros((_WORDS, CAPACITY), np.uint64)  # a column a request
        self._ones = np.zeros(CAPACITY, np.float32)  # bits that are set in the column
        self._lengths = np.ones(CAPACITY, np.float32)
        self._random = 1
        self.filled = 0

    def cosines(self, vector: Vector) -> NDArray[np.float64]:
        """Estimate the cosine of a vector to each that is kept, shape (filled,)."""
        codes = self._codes[:, : self.filled]
        common = np.bitwise_count(_planes(vector)[:, :, np.newaxis] & codes)
        # <vector + 128, bits>, a whole number below 2**24: exact in float32, whatever the order of summation.
        shifted = _WEIGHTS @ common.reshape(_BITS * _WORDS, -1).astype(np.float32)
        total = np.float32(vector.sum(dtype=np.int64))
        products = np.float32(2) * (shifted - np.float32(_OFFSET) * self._ones[: self.filled]) - total
        cosines: NDArray[np.float64] = products / (
            self._lengths[: self.filled].astype(np.float64) * _norm(vector)
        )
        return cosines

    def offer(self, vector: Vector) -> None:
        """Keep the vector, in an empty place or with probability 1 / `MEMORY` in place of another."""
        slot = self._slot()
        if slot is None:
            return
        self._codes[:, slot] = np.packbits(vector > 0).view(np.uint64)
        self._ones[slot] = np.count_nonzero(vector > 0)
        length = int(np.abs(vector.astype(np.int64)).sum())
        self._lengths[slot] = max(1, length) / _norm(vector)

    def _slot(self) -> int | None:
        if self.filled < CAPACITY:
            self.filled += 1
            return self.filled - 1
        self._random = (self._random * _MULTIPLIER + _INCREMENT) & _MASK
        draw = self._random >> 33
        return draw // MEMORY % CAPACITY if draw % MEMORY == 0 else None

    def dump(self, out: Writer) -> None:
        """Write what is kept and the generator's state."""
        out.word(self._random)
        out.array(self._codes[:, : self.filled])
        out.array(self._lengths[: self.filled])

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._random = source.word()
        codes = source.array(np.uint64, (_WORDS, -1))
        lengths = source.array(np.float32, (-1,), SHORTEST, LONGEST)
        filled = codes.shape[1]
        if filled > CAPACITY or filled != len(lengths):
            raise SnapshotError("the reservoir in the snapshot has a wrong size")
        self.filled = filled
        self._codes[:, :filled] = codes
        self._ones[:filled] = np.bitwise_count(codes).sum(axis=0, dtype=np.int64)
        self._lengths[:filled] = lengths


def _planes(vector: Vector) -> NDArray[np.uint64]:
    """Return the eight bit planes of the vector plus 128, the highest first, shape (8, 4)."""
    shifted = (vector.astype(np.int16) + _OFFSET).astype(np.uint8)
    bits = np.unpackbits(shifted).reshape(DIMENSIONS, _BITS)
    return np.ascontiguousarray(np.packbits(bits.T, axis=1)).view(np.uint64)


def _norm(vector: Vector) -> float:
    wide = vector.astype(np.int64)
    return float(np.sqrt(np.dot(wide, wide)))
