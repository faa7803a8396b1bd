"""Hashes made of another or of a text, every bit depending on all bits: the finaliser of SplitMix64.

Steele, Lea and Flood, Fast splittable pseudorandom number generators (2014), figure 17.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Whole
from models.core.text_bytes import end_at, word_at

STEP = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio; a multiple of it, added before, makes another hash of the same one."""

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@compiled
def mixed(word: Whole) -> Whole:
    """Return a hash of 64 bits, uniform where hashes of 64 bits go in."""
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@compiled
def mixed_text(text: Whole, size: Whole) -> Whole:
    """Return a hash of 64 bits of a text of so many bytes at an address."""
    found = np.uint64(size)
    for place in range(0, size - 8, 8):
        found = mixed(found ^ word_at(text, place))
    place = (size - 1) & ~7
    return mixed(found ^ end_at(text, place, size)) if size else found
