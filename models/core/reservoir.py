"""A biased sample of earlier requests, at 34 bytes a request.

An exponentially biased reservoir (Aggarwal 2006) of the signs of vectors of 256 signed bytes. A stored vector
keeps one bit a dimension and the length of its projection on those signs, a query is rounded to four bits a
dimension: the estimator of RaBitQ (Gao and Long 2024). The inner products are whole numbers, counted from
bits, so they are equal on every machine. Which request is kept is drawn from a generator that is part of the
state.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from models.compiled import compiled
from models.core import exponential
from models.core.bits import popcount
from models.core.kinds import Real, Record, Table, Whole
from models.embedding import DIMENSIONS

CAPACITY = 96
MEMORY = 8
"""A full reservoir takes in one request in so many: it remembers about `CAPACITY * MEMORY` requests."""

WORDS = DIMENSIONS // 64
PLANES = 4
LENGTH_UNIT = 4000
"""Lengths are kept in units of one by this: the projection of a unit vector on its signs is 1 to 16 long."""

SHORTEST, LONGEST = LENGTH_UNIT * 99 // 100, LENGTH_UNIT * 1601 // 100

# A byte b is rounded to the step u = (b + 128) // 16, whose middle is 16 u - 120.5; both are taken twice.
_STEP, _MIDDLE = 32, 241
_SIGNS, _LOWEST = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101)
_GATHER = np.uint64(0x0102040810204080)  # by it the lowest bits of eight bytes meet in the highest byte
_MULTIPLIER = np.uint64(6_364_136_223_846_793_005)  # Knuth's linear congruential generator (MMIX)
_INCREMENT = np.uint64(1_442_695_040_888_963_407)


@compiled
def round_query(vector: Table, planes: Table) -> tuple[Whole, Real]:
    """Write the bit planes of a vector, the highest first, and return the sum of its steps and its length.

    Parameters
    ----------
    vector
        256 signed bytes.
    planes
        `PLANES` * `WORDS` words to be written.
    """
    squares: Whole = 0
    for component in range(DIMENSIONS):
        value = np.int64(vector[component])
        squares += value * value
    total = np.uint64(0)
    for word in range(WORDS):
        a, b, c, d = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        for byte in range(8):
            steps = (_eight(vector, 64 * word + 8 * byte) ^ _SIGNS) >> np.uint64(4)
            place = np.uint64(8 * byte)
            a |= _lowest(steps >> np.uint64(3)) << place
            b |= _lowest(steps >> np.uint64(2)) << place
            c |= _lowest(steps >> np.uint64(1)) << place
            d |= _lowest(steps) << place
        planes[word], planes[WORDS + word] = a, b
        planes[2 * WORDS + word], planes[3 * WORDS + word] = c, d
        total += (popcount(a) << np.uint64(3)) + (popcount(b) << np.uint64(2))
        total += (popcount(c) << np.uint64(1)) + popcount(d)
    return np.int64(total), sqrt(max(1, squares))


@compiled
def _eight(vector: Table, place: Whole) -> Whole:
    """Return eight bytes as a word, the first the lowest."""
    word = np.uint64(0)
    for byte in range(8):
        word |= np.uint64(np.uint8(vector[place + byte])) << np.uint64(8 * byte)
    return word


@compiled
def _lowest(word: Whole) -> Whole:
    """Return the lowest bit of each byte of a word, as a byte."""
    return ((word & _LOWEST) * _GATHER) >> np.uint64(56)


@compiled
def product(s: Record, slot: Whole, planes: Table, total: Whole) -> Whole:
    """Return twice the inner product of a rounded query with the signs of a vector that is kept."""
    common, ones = np.uint64(0), np.uint64(0)
    for word in range(WORDS):
        code = s.codes[slot, word]
        ones += popcount(code)
        common += popcount(planes[word] & code) << np.uint64(3)
        common += popcount(planes[WORDS + word] & code) << np.uint64(2)
        common += popcount(planes[2 * WORDS + word] & code) << np.uint64(1)
        common += popcount(planes[3 * WORDS + word] & code)
    chosen = _STEP * np.int64(common) - _MIDDLE * np.int64(ones)
    return 2 * chosen - (_STEP * total - _MIDDLE * DIMENSIONS)


@compiled
def cosines(s: Record, vector: Table, planes: Table, found: Table) -> None:
    """Estimate the cosines of a vector to those that are kept; writes so many, and `planes`."""
    total, length = round_query(vector, planes)
    for slot in range(np.int64(s.filled)):
        found[slot] = product(s, slot, planes, total)
    for slot in range(np.int64(s.filled)):
        found[slot] *= (0.5 * LENGTH_UNIT) / (s.lengths[slot] * length)


@compiled
def density(s: Record, vector: Table, planes: Table, found: Table, sharpness: Real) -> Real:
    """Return the mean of exp(k (cos - 1)) over what is kept, at least one vector.

    `planes` and `found`, with `CAPACITY` numbers, are for what is between.
    """
    cosines(s, vector, planes, found)
    filled = np.int64(s.filled)
    for slot in range(filled):
        found[slot] = sharpness * (found[slot] - 1.0)
    return exponential.total(found, filled) / filled


@compiled
def offer(s: Record, vector: Table) -> None:
    """Keep the vector, in an empty place or with probability 1 / `MEMORY` in place of another."""
    slot = _slot(s)
    if slot < 0:
        return
    size: Whole = 0
    squares: Whole = 0
    for word in range(WORDS):
        code = np.uint64(0)
        for bit in range(64):
            value = np.int64(vector[64 * word + bit])
            size += abs(value)
            squares += value * value
            if value > 0:
                code |= np.uint64(1) << np.uint64(bit)
        s.codes[slot, word] = code
    length = max(1, size) / sqrt(max(1, squares))
    s.lengths[slot] = int(max(SHORTEST, min(LONGEST, length * LENGTH_UNIT + 0.5)))


@compiled
def _slot(s: Record) -> Whole:
    if s.filled < CAPACITY:
        s.filled += 1
        return np.int64(s.filled) - 1
    s.random = s.random * _MULTIPLIER + _INCREMENT
    draw = np.int64(s.random >> np.uint64(33))
    return draw // MEMORY % CAPACITY if draw % MEMORY == 0 else -1
