"""Finds the words of many texts in a table of those seen before, and takes in those that are new.

Words are numbered as they come. A slot holds the upper half of a word's hash and, below it, its number and 1;
0 is empty. Equal are only words of equal bytes, so neither an equal hash nor a slot that points at a word
which was never completed does harm.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Table, Whole
from models.core.mixing import mixed_text
from models.core.text_bytes import address, after_spaces, after_word, copy, is_equal, put_word, word_at

FULL = -1
PROBES = 32
"""Slots that are looked at for a word; then the last of them is given away, so that nobody can slow this."""

_NUMBER = np.uint64(0xFFFFFFFF)


@compiled
def number_words(  # noqa: PLR0917  compiled code has no keywords
    texts: Table,
    ends: Table,
    slots: Table,
    letters: Table,
    word_ends: Table,
    known: Whole,
    numbers: Table,
    lasts: Table,
) -> Whole:
    """Write the numbers of the words of n texts, and how many words there are up to the end of each.

    `slots` are a power of two. `letters` are the known words behind each other, each ending where
    `word_ends`, which begin with 0, say; new ones are written behind them. Returns how many words are known
    then, or `FULL` if there is no room for them.
    """
    text, kept = address(texts), address(letters)
    table, last_slot = address(slots), np.uint64(slots.size - 1)
    first = count = 0
    for row in range(ends.size):
        place = after_spaces(text, first, ends[row])
        first = ends[row]
        while place < first:
            end = after_word(text, place, first)
            size = end - place
            found = _find(text + place, size, table, last_slot, kept, address(word_ends), known)
            if found == known:
                begin = word_ends[known]
                if known + 1 == word_ends.size or begin + size + 8 > letters.size:
                    return FULL
                copy(text + place, size, kept + begin)
                known += 1
                word_ends[known] = begin + size
            numbers[count] = found
            count += 1
            place = after_spaces(text, end, first)
        lasts[row] = count
    return known


@compiled
def _find(  # noqa: PLR0917  compiled code has no keywords
    word: Whole, size: Whole, table: Whole, last_slot: Whole, kept: Whole, word_ends: Whole, known: Whole
) -> Whole:
    """Return the number of a word; for one that is not known the next one, and a slot is given to it."""
    wanted = mixed_text(word, size)
    place = np.int64(wanted & last_slot) * 8
    for step in range(PROBES):
        place = np.int64((wanted + np.uint64(step)) & last_slot) * 8
        slot = word_at(table, place)
        if not slot:
            break
        number = np.int64(slot & _NUMBER) - 1
        if (slot ^ wanted) >> np.uint64(32) or number >= known:
            continue
        begin = np.int64(word_at(word_ends, 8 * number))
        if np.int64(word_at(word_ends, 8 * number + 8)) - begin == size and is_equal(
            word, kept + begin, size
        ):
            return number
    put_word(table, place, (wanted & ~_NUMBER) | np.uint64(known + 1))
    return known
