"""BLAKE2b with a key and digests of 64 bits, of parts of texts that lie in memory.

RFC 7693. Equal to `hashlib.blake2b` with `digest_size=8`, but that 0 becomes 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from models.compiled import compiled
from models.core.kinds import Whole
from models.core.text_bytes import end_at, put_word, word_at

BLOCK = 128
"""Bytes that are mixed in at once."""

STATE = 64
"""Bytes of a state: eight words."""

_ORDERS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)
"""SIGMA: in which order each round takes the words of a block; the last two rounds are as the first two."""

_ROUNDS = 12
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_STARTS = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)
_UNKEYED = np.array(_STARTS, np.uint64)
_UNKEYED[0] ^= np.uint64(0x01010000 ^ 8)


def _compressed(_context: Any, _state: Any, _text: Any, _done: Any, _final: Any) -> Any:
    def generate(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        state, text, done, final = arguments
        whole = partial(target.get_constant, types.uint64)
        words = [_pointer(builder, text, whole(8 * word)) for word in range(16)]
        h = [_pointer(builder, state, whole(8 * word)) for word in range(8)]
        m = [builder.load(pointer, align=1) for pointer in words]
        before = [builder.load(pointer, align=1) for pointer in h]
        v = before + [whole(word) for word in _STARTS]
        v[12], v[14] = builder.xor(v[12], done), builder.xor(v[14], final)
        for turn in range(_ROUNDS):
            order = _ORDERS[turn % len(_ORDERS)]
            for step, places in enumerate(_COLUMNS + _DIAGONALS):
                _mix(builder, whole, v, places, (m[order[2 * step]], m[order[2 * step + 1]]))
        for word, pointer in enumerate(h):
            mixed = builder.xor(before[word], builder.xor(v[word], v[word + 8]))
            builder.store(mixed, pointer, align=1)
        return target.get_dummy_value()

    return types.void(types.int64, types.int64, types.uint64, types.uint64), generate


def _pointer(builder: Any, address: Any, offset: Any) -> Any:
    return builder.inttoptr(builder.add(address, offset), offset.type.as_pointer())


def _mix(builder: Any, whole: Any, v: list[Any], places: tuple[int, ...], words: tuple[Any, Any]) -> None:
    """Function G."""
    a, b, c, d = places
    for word, first, second in zip(words, (32, 16), (24, 63), strict=True):
        v[a] = builder.add(builder.add(v[a], v[b]), word)
        v[d] = _turned(builder, whole, builder.xor(v[d], v[a]), first)
        v[c] = builder.add(v[c], v[d])
        v[b] = _turned(builder, whole, builder.xor(v[b], v[c]), second)


def _turned(builder: Any, whole: Any, word: Any, bits: int) -> Any:
    """Rotate a word to the right."""
    return builder.or_(builder.lshr(word, whole(bits)), builder.shl(word, whole(64 - bits)))


_compress: Callable[[Any, Any, Any, Any], None] = intrinsic(_compressed)  # type: ignore[assignment]
"""Function F: mix a block into a state, given their addresses, the bytes so far and all bits at the last."""


@compiled
def begin(key: Whole, size: Whole, state: Whole) -> Whole:
    """Write the state that every hash with this key of 0 to 64 bytes begins with, given addresses.

    The key has zeros behind it up to `BLOCK` bytes. Returns how many bytes are mixed in already.
    """
    for word in range(8):
        put_word(state, 8 * word, _UNKEYED[word])
    if not size:
        return 0
    put_word(state, 0, word_at(state, 0) ^ np.uint64(size << 8))
    _compress(state, key, np.uint64(BLOCK), np.uint64(0))
    return BLOCK


@compiled
def _fill(text: Whole, size: Whole, block: Whole) -> None:
    """Write a block of so many bytes of a text, and zeros behind them."""
    for place in range(0, BLOCK, 8):
        put_word(block, place, np.uint64(0))
    for place in range(0, size - 8, 8):
        put_word(block, place, word_at(text, place))
    if size:
        place = (size - 1) & ~7
        put_word(block, place, end_at(text, place, size))


@compiled
def digest(text: Whole, size: Whole, start: Whole, done: Whole, room: Whole) -> Whole:
    """Hash so many bytes at an address, given the address of what `begin` wrote and what it returned.

    With a key there must be one byte at least. `room` is room for a state and a block.
    """
    for word in range(0, STATE, 8):
        put_word(room, word, word_at(start, word))
    end = text + size
    done += size
    while end - text > BLOCK:
        text += BLOCK
        _compress(room, text - BLOCK, np.uint64(done - (end - text)), np.uint64(0))
    _fill(text, end - text, room + STATE)
    _compress(room, room + STATE, np.uint64(done), ~np.uint64(0))
    return word_at(room, 0) or np.uint64(1)
