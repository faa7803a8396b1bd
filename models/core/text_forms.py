"""Hashes of the forms of many prompts: `models.template` says what they mean.

A text is rewritten first: ASCII in lower case, a sign in place of each masked part and of each long word, one
blank between words. So every head and every tail is one run of bytes.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import text_hashing
from models.core.kinds import Table, Truth, Whole
from models.core.text_bytes import (
    DIGIT,
    KINDS,
    LETTER_H,
    ORDINARY,
    QUOTE,
    WIDE,
    address,
    after_spaces,
    after_word,
    byte_at,
    code,
    is_space,
    put_byte,
    width,
)

LENGTHS = (4, 8, 16, 32)
"""Words in a head or a tail."""

LONG_TOKEN = 24
LONGEST_QUOTATION = 200
ROOM = 2 * text_hashing.STATE + text_hashing.BLOCK
"""Bytes that hashing needs."""

SPARE = 9
"""Bytes that are written and read behind the longest text."""

DIGITS_BELOW = 2 << 16
"""No digit of any script stands beyond."""

_MASK, _LONG, _BLANK = np.uint8(0), np.uint8(1), np.uint8(ord(" "))
_NEWLINE, _QUOTE, _S = ord("\n"), ord('"'), ord("s")
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[ord("A") : ord("Z") + 1] += 32
_PLAIN = np.where(KINDS == ORDINARY, _LOWER, 0).astype(np.uint8)
_IN_NUMBERS = np.zeros(256, np.bool_)
_IN_NUMBERS[list(b"0123456789.,:/-")] = True
_HTTP, _ADDRESS = tuple(b"http"), tuple(b"://")


@compiled
def hash_wholes(  # noqa: PLR0917  compiled code has no keywords
    texts: Table, ends: Table, key: Table, key_size: Whole, room: Table, hashes: Table
) -> None:
    """Write the hash of each of n texts, which lie behind each other; `room` is `ROOM` bytes.

    The key has zeros behind it up to the size of a block of `models.core.text_hashing`.
    """
    text, start = address(texts), address(room)
    space = start + text_hashing.STATE
    done = text_hashing.begin(address(key), key_size, start)
    first = 0
    for row in range(ends.size):
        hashes[row] = text_hashing.digest(text + first, ends[row] - first, start, done, space)
        first = ends[row]


@compiled
def hash_ends(  # noqa: PLR0917  compiled code has no keywords
    texts: Table,
    ends: Table,
    key: Table,
    key_size: Whole,
    decimals: Table,
    out: Table,
    starts: Table,
    room: Table,
    heads: Table,
    tails: Table,
    words: Table,
) -> None:
    """Write heads and tails of the shape (n, 4) and the numbers of words of n texts.

    `decimals` says of each sign below `DIGITS_BELOW` whether it is a digit. `out` is room for `SPARE` bytes
    more than the longest text, `starts` for one place more than it has words.
    """
    text, written, start = address(texts), address(out), address(room)
    space = start + text_hashing.STATE
    done = text_hashing.begin(address(key), key_size, start)
    digits = address(decimals)
    first = 0
    for row in range(ends.size):
        count = rewrite(text, first, ends[row], digits, written, starts)
        first, words[row] = ends[row], count
        for place, length in enumerate(LENGTHS):
            if count < length:
                heads[row, place] = tails[row, place] = np.uint64(0)
                continue
            size, since = starts[length] - 1, starts[count - length]
            heads[row, place] = text_hashing.digest(written, size, start, done, space)
            size = starts[count] - 1 - since
            tails[row, place] = text_hashing.digest(written + since, size, start, done, space)


@compiled
def rewrite(  # noqa: PLR0917  compiled code has no keywords
    text: Whole, place: Whole, last: Whole, digits: Whole, out: Whole, starts: Table
) -> Whole:
    """Write the masked words of a text with a blank between them; return how many they are.

    `starts` gets the place of each, and behind them the place where another would begin.
    """
    size = count = 0
    place = after_spaces(text, place, last)
    while place < last:
        starts[count] = size
        count += 1
        place, size = _rewrite_word(text, place, last, digits, out, size)
        put_byte(out, size, _BLANK)
        size += 1
        place = after_spaces(text, place, last)
    starts[count] = size
    return count


@compiled
def _rewrite_word(  # noqa: PLR0917  compiled code has no keywords
    text: Whole, place: Whole, last: Whole, digits: Whole, out: Whole, begin: Whole
) -> Whole:
    """Write one word; return where reading goes on and where writing does."""
    size, more = begin, 0
    while place < last:
        plain = _PLAIN[byte_at(text, place)]
        if plain:
            put_byte(out, size, plain)
            place += 1
            size += 1
            continue
        if is_space(text, place):
            break
        end = _after_mask(text, place, last, digits)
        if end > place:
            put_byte(out, size, _MASK)
            place = end
            size += 1
            continue
        signs = width(byte_at(text, place))
        for offset in range(signs):
            put_byte(out, size + offset, _LOWER[byte_at(text, place + offset)])
        place += signs
        size += signs
        more += signs - 1
    if size - more - begin > LONG_TOKEN:
        put_byte(out, begin, _LONG)
        size = begin + 1
    return place, size


@compiled
def _after_mask(text: Whole, place: Whole, last: Whole, digits: Whole) -> Whole:
    """Return where what is masked at a place ends, or that place if nothing is."""
    kind = KINDS[byte_at(text, place)]
    if kind == LETTER_H:
        return _after_address(text, place, last)
    if kind == QUOTE:
        return _after_quotation(text, place, last)
    if _is_decimal(text, place, digits):
        return _after_number(text, place, last, digits)
    return place


@compiled
def _is_decimal(text: Whole, place: Whole, digits: Whole) -> Truth:
    kind = KINDS[byte_at(text, place)]
    if kind != WIDE:
        return kind == DIGIT
    number = code(text, place)
    return number < DIGITS_BELOW and byte_at(digits, number) != 0


@compiled
def _after_number(text: Whole, place: Whole, last: Whole, digits: Whole) -> Whole:
    while place < last and (_IN_NUMBERS[byte_at(text, place)] or _is_decimal(text, place, digits)):
        place += width(byte_at(text, place))
    return place


@compiled
def _after_quotation(text: Whole, place: Whole, last: Whole) -> Whole:
    end, signs = place + 1, 0
    while end < last and signs <= LONGEST_QUOTATION:
        lead = byte_at(text, end)
        if lead == _QUOTE:
            return end + 1 if signs else place
        if lead == _NEWLINE:
            return place
        end += width(lead)
        signs += 1
    return place


@compiled
def _after_address(text: Whole, place: Whole, last: Whole) -> Whole:
    end = _after(text, place, last, _HTTP)
    if end == place:
        return place
    if end < last and _LOWER[byte_at(text, end)] == _S:
        end += 1
    slashes = end
    end = _after(text, slashes, last, _ADDRESS)
    if end == slashes:
        return place
    after = after_word(text, end, last)
    return after if after > end else place


@compiled
def _after(text: Whole, place: Whole, last: Whole, wanted: Table) -> Whole:
    """Return where signs of ASCII end that stand at a place in either case, or that place."""
    if last - place < len(wanted):
        return place
    for offset in range(len(wanted)):
        if _LOWER[byte_at(text, place + offset)] != wanted[offset]:
            return place
    return place + len(wanted)
