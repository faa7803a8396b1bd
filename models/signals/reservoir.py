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

_WORDS = DIMENSIONS // 64
_BITS = 8
_OFFSET = 128
_WEIGHTS = (1 << np.arange(_BITS - 1, -1, -1)).astype(np.int64)
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
        self._codes = np.zeros((CAPACITY, _WORDS), np.uint64)
        self._lengths = np.ones(CAPACITY, np.float32)
        self._random = 1
        self.filled = 0

    def cosines(self, vector: Vector) -> NDArray[np.float64]:
        """Estimate the cosine of a vector to each that is kept, shape (filled,)."""
        planes = _planes(vector)
        ones = np.bitwise_count(planes[:, np.newaxis] & self._codes[: self.filled]).sum(
            axis=2, dtype=np.int64
        )
        kept = np.bitwise_count(self._codes[: self.filled]).sum(axis=1, dtype=np.int64)
        total = int(vector.sum(dtype=np.int64))
        products = 2 * (_WEIGHTS @ ones - _OFFSET * kept) - total
        cosines: NDArray[np.float64] = products / (self._lengths[: self.filled] * _norm(vector))
        return cosines

    def offer(self, vector: Vector) -> None:
        """Keep the vector, in an empty place or with probability 1 / `MEMORY` in place of another."""
        slot = self._slot()
        if slot is None:
            return
        positive = vector > 0
        self._codes[slot] = np.packbits(positive).view(np.uint64)
        products = int(np.abs(vector.astype(np.int64)).sum())
        self._lengths[slot] = max(1, products) / _norm(vector)

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
        out.array(self._codes[: self.filled])
        out.array(self._lengths[: self.filled])

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._random = source.word()
        codes = source.array(np.uint64, (-1, _WORDS))
        lengths = source.array(np.float32, (-1,))
        if len(codes) > CAPACITY or len(codes) != len(lengths):
            raise SnapshotError("the reservoir in the snapshot has a wrong size")
        self.filled = len(codes)
        self._codes[: self.filled] = codes
        self._lengths[: self.filled] = lengths


def _planes(vector: Vector) -> NDArray[np.uint64]:
    """Return the eight bit planes of the vector plus 128, the highest first, shape (8, 4)."""
    shifted = (vector.astype(np.int16) + _OFFSET).astype(np.uint8)
    bits = np.unpackbits(shifted).reshape(DIMENSIONS, _BITS)
    return np.ascontiguousarray(np.packbits(bits.T, axis=1)).view(np.uint64)


def _norm(vector: Vector) -> float:
    wide = vector.astype(np.int64)
    return float(np.sqrt(np.dot(wide, wide)))
