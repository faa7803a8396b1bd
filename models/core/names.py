"""Finds names in a table that no cache holds: a batch asks for all its lines before it reads any.

A slot is two words: the hash of a name, and at which byte its entry begins; 0 is an empty slot. An entry is
the name's number, its size in bytes and its bytes, padded to whole words. Slots are a power of two, and a
name has the first free one from its home on. Equal are only names of equal bytes.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Table, Truth, Whole
from models.core.mixing import mixed_text
from models.core.prefetch import fetch_line
from models.core.text_bytes import address, copy, is_equal, put_word, word_at

UNKNOWN = -1
PROBES = 64
"""Slots that a name may have; there is none where all are taken, so that no choice of names can slow this."""

SLOT, HEAD = 16, 16
"""Bytes of a slot, and of an entry before the name; no entry begins before `HEAD`."""

_WORD = 8
_NO_SLOT = -1


@compiled
def find(  # noqa: PLR0917  compiled code has no keywords
    names: Table, ends: Table, slots: Table, entries: Table, hashes: Table, numbers: Table
) -> None:
    """Write the numbers of names, `UNKNOWN` for one that is not in the table; `hashes` is room for theirs.

    `names` are bytes behind each other, each ending where `ends` say.
    """
    text, table, kept, mask = address(names), address(slots), address(entries), slots.nbytes - 1
    begin = 0
    for i in range(ends.size):
        hashes[i] = mixed_text(text + begin, ends[i] - begin)
        fetch_line(table + _home(hashes[i], mask))
        begin = ends[i]
    for i in range(ends.size):
        fetch_line(kept + _entry(table, _home(hashes[i], mask)))
    begin = 0
    for i in range(ends.size):
        slot = _slot(text + begin, ends[i] - begin, hashes[i], table, mask, kept)
        numbers[i] = UNKNOWN if slot == _NO_SLOT else np.int64(word_at(kept, _entry(table, slot)))
        begin = ends[i]


@compiled
def put(  # noqa: PLR0917  compiled code has no keywords
    name: Table, size: Whole, number: Whole, slots: Table, entries: Table, used: Whole
) -> Truth:
    """Take in a name that is not in the table, its entry at byte `used`, and say whether it has a slot."""
    text, kept = address(name), address(entries)
    put_word(kept, used, np.uint64(number))
    put_word(kept, used + _WORD, np.uint64(size))
    copy(text, size, kept + used + HEAD)
    return _take(mixed_text(text, size), used, address(slots), slots.nbytes - 1)


@compiled
def drop(name: Table, size: Whole, slots: Table, entries: Table) -> Truth:
    """Take a name's slot away and say whether it had one; its entry stays as it is.

    Those behind it move up, so that none is parted from its home by an empty slot.
    """
    text, table, mask = address(name), address(slots), slots.nbytes - 1
    hole = _slot(text, size, mixed_text(text, size), table, mask, address(entries))
    if hole == _NO_SLOT:
        return False
    place = _next(hole, mask)
    while _entry(table, place):
        home = _home(word_at(table, place), mask)
        if (place - home) & mask >= (place - hole) & mask:
            _put_slot(table, hole, word_at(table, place), _entry(table, place))
            hole = place
        place = _next(place, mask)
    _put_slot(table, hole, np.uint64(0), 0)
    return True


@compiled
def move(slots: Table, entries: Table, to_slots: Table, to_entries: Table) -> tuple[Whole, Whole]:
    """Write all names to an empty table; return how many have a slot there and how many bytes are used."""
    table, kept, other = address(slots), address(entries), address(to_entries)
    count, used = 0, HEAD
    for place in range(0, slots.nbytes, SLOT):
        entry = _entry(table, place)
        if entry and _take(word_at(table, place), used, address(to_slots), to_slots.nbytes - 1):
            size = room(np.int64(word_at(kept, entry + _WORD)))
            copy(kept + entry, size, other + used)
            count += 1
            used += size
    return count, used


@compiled
def room(size: Whole) -> Whole:
    """Return how many bytes the entry of a name of so many bytes takes."""
    return HEAD + (size + _WORD - 1) // _WORD * _WORD


@compiled
def _home(wanted: Whole, mask: Whole) -> Whole:
    """Return at which byte of the table the first slot is that a name with this hash may have."""
    return np.int64(wanted * np.uint64(SLOT)) & mask


@compiled
def _next(place: Whole, mask: Whole) -> Whole:
    return (place + SLOT) & mask


@compiled
def _entry(table: Whole, place: Whole) -> Whole:
    return np.int64(word_at(table, place + _WORD))


@compiled
def _slot(  # noqa: PLR0917  compiled code has no keywords
    name: Whole, size: Whole, wanted: Whole, table: Whole, mask: Whole, kept: Whole
) -> Whole:
    """Return at which byte of the table the slot of a name is, `_NO_SLOT` if it has none."""
    place = _home(wanted, mask)
    for _ in range(PROBES):
        entry = _entry(table, place)
        if not entry:
            break
        if word_at(table, place) == wanted and _is_that(name, size, kept + entry):
            return place
        place = _next(place, mask)
    return _NO_SLOT


@compiled
def _is_that(name: Whole, size: Whole, entry: Whole) -> Truth:
    return np.int64(word_at(entry, _WORD)) == size and is_equal(name, entry + HEAD, size)


@compiled
def _take(wanted: Whole, entry: Whole, table: Whole, mask: Whole) -> Truth:
    """Give the first empty slot to an entry, and say whether there was one."""
    place = _home(wanted, mask)
    for _ in range(PROBES):
        if not _entry(table, place):
            _put_slot(table, place, wanted, entry)
            return True
        place = _next(place, mask)
    return False


@compiled
def _put_slot(table: Whole, place: Whole, wanted: Whole, entry: Whole) -> None:
    put_word(table, place, wanted)
    put_word(table, place + _WORD, np.uint64(entry))
