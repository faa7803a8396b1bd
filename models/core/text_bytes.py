"""Reading and writing UTF-8 by address: arrays would count who holds them at every call.

An address is that of an array of bytes which the caller of the compiled code holds. Nothing is checked: a
text must be whole UTF-8, and what is read and written must be there; words are read up to seven bytes beyond
the end of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from models.compiled import compiled
from models.core.kinds import Table, Truth, Whole

ORDINARY, SPACE, DIGIT, QUOTE, LETTER_H, WIDE = range(6)

KINDS = np.full(256, ORDINARY, np.uint8)
"""What a byte begins: a sign of ASCII of some kind, or one of several bytes."""

KINDS[[place for place in range(128) if chr(place).isspace()]] = SPACE
KINDS[ord("0") : ord("9") + 1] = DIGIT
KINDS[ord('"')] = QUOTE
KINDS[[ord("h"), ord("H")]] = LETTER_H
KINDS[128:] = WIDE


def _pointer(target: Any, builder: Any, arguments: Any, kind: Any) -> Any:
    address = builder.add(arguments[0], arguments[1])
    return builder.inttoptr(address, target.get_value_type(kind).as_pointer())


def _reader(kind: Any) -> Any:
    def read(_context: Any, _address: Any, _place: Any) -> Any:
        def generate(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.load(_pointer(target, builder, arguments, kind), align=1)

        return kind(types.int64, types.int64), generate

    return intrinsic(read)


def _writer(kind: Any) -> Any:
    def write(_context: Any, _address: Any, _place: Any, _value: Any) -> Any:
        def generate(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            builder.store(arguments[2], _pointer(target, builder, arguments, kind), align=1)
            return target.get_dummy_value()

        return types.void(types.int64, types.int64, kind), generate

    return intrinsic(write)


byte_at: Callable[[Any, Any], Any] = _reader(types.uint8)
"""Read the byte that stands so many bytes behind an address; for compiled code alone."""

word_at: Callable[[Any, Any], Any] = _reader(types.uint64)
"""Read eight bytes as a word, the first byte lowest on all machines that numba knows."""

put_byte: Callable[[Any, Any, Any], None] = _writer(types.uint8)
"""Write a byte so many bytes behind an address."""

put_word: Callable[[Any, Any, Any], None] = _writer(types.uint64)
"""Write a word as eight bytes."""


_WORD = 8
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TWO, _THREE, _FOUR = 0xC0, 0xE0, 0xF0
"""Where the first bytes of longer signs begin."""

_SPACES = (0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_FIRST_QUAD, _LAST_HAIR = 0x2000, 0x200A


@compiled
def address(array: Table) -> Whole:
    """Return where an array lies, which must outlive every use of this."""
    return np.int64(array.ctypes.data)


@compiled
def end_at(text: Whole, place: Whole, size: Whole) -> Whole:
    """Read the last 1 to 8 bytes of a text of so many bytes, from a place on, as a word; the others are 0."""
    return word_at(text, place) & (_ALL >> np.uint64(64 - 8 * (size - place)))


@compiled
def is_equal(one: Whole, other: Whole, size: Whole) -> Truth:
    """Say whether two texts of so many bytes are the same."""
    place = 0
    while size - place > _WORD:
        if word_at(one, place) != word_at(other, place):
            return False
        place += _WORD
    return place == size or end_at(one, place, size) == end_at(other, place, size)


@compiled
def copy(text: Whole, size: Whole, to: Whole) -> None:
    """Copy a text, eight bytes at a time; up to seven bytes behind it are written as well."""
    for place in range(0, size, _WORD):
        put_word(to, place, word_at(text, place))


@compiled
def width(lead: Whole) -> Whole:
    """Return how many bytes the sign has that begins with this byte."""
    if lead < _TWO:
        return 1
    return 2 if lead < _THREE else 3 if lead < _FOUR else 4


@compiled
def code(text: Whole, place: Whole) -> Whole:
    """Return the number of the sign that stands at a place."""
    lead = np.int64(byte_at(text, place))
    size = width(lead)
    if size == 1:
        return lead
    number = lead & (0x7F >> size)
    for offset in range(1, size):
        number = number << 6 | np.int64(byte_at(text, place + offset)) & 0x3F
    return number


@compiled
def is_space(text: Whole, place: Whole) -> Truth:
    """Say whether a sign is white space, as `str.isspace` does."""
    kind = KINDS[byte_at(text, place)]
    return kind == SPACE or (kind == WIDE and _is_wide_space(code(text, place)))


@compiled
def _is_wide_space(number: Whole) -> Truth:
    return number in _SPACES or _FIRST_QUAD <= number <= _LAST_HAIR


@compiled
def after_spaces(text: Whole, place: Whole, last: Whole) -> Whole:
    """Return the first place from `place` on where no white space stands, `last` if there is none."""
    while place < last and is_space(text, place):
        place += width(byte_at(text, place))
    return place


@compiled
def after_word(text: Whole, place: Whole, last: Whole) -> Whole:
    """Return the first place from `place` on where white space stands, `last` if there is none."""
    while place < last and not is_space(text, place):
        place += width(byte_at(text, place))
    return place
