"""Words and the table that numbers them."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core import text_words
from models.texts import joined


class Table:
    """A table for so many words in so many slots."""

    def __init__(self, most: int, slots: int, letters: int = 10_000) -> None:
        self.slots = np.zeros(slots, np.uint64)
        self.letters = np.zeros(letters, np.uint8)
        self.ends = np.zeros(most + 1, np.int64)
        self.known = 0

    def number(self, texts: list[str]) -> list[list[int]]:
        """Number the words of each text."""
        letters, ends = joined([text.encode() for text in texts])
        numbers, lasts = np.zeros(letters.size + 1, np.int32), np.zeros(len(texts), np.int64)
        kept = self.slots, self.letters, self.ends
        known = text_words.number_words(letters, ends, *kept, self.known, numbers, lasts)
        if known == text_words.FULL:
            raise OverflowError
        self.known = known
        return [row.tolist() for row in np.split(numbers[: lasts[-1]], lasts[:-1])]

    def word(self, number: int) -> str:
        """Return a known word."""
        return self.letters[self.ends[number] : self.ends[number + 1]].tobytes().decode()


def test_equal_words_have_equal_numbers_in_the_order_in_which_they_come() -> None:
    table = Table(100, 256)
    assert table.number(["one two  one", "", " three\ttwo"]) == [[0, 1, 0], [], [2, 1]]
    assert table.number(["three", "four one"]) == [[2], [3, 0]]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=30), st.sampled_from([1, 4, 64, 2048]))
@settings(deadline=None, max_examples=200)
def test_a_number_is_always_that_of_the_word_however_crowded_the_table_is(
    texts: list[str], slots: int
) -> None:
    table = Table(2000, slots, 200_000)
    for _ in range(2):
        found = table.number(texts)
        assert [[table.word(number) for number in row] for row in found] == [text.split() for text in texts]


def test_every_sign_parts_words_as_python_says() -> None:
    signs = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    found = Table(len(signs) + 2, 1 << 21, 10 * len(signs)).number([f"a{sign}b" for sign in signs])
    parted = [sign for sign, row in zip(signs, found, strict=True) if len(row) == 2]
    assert parted == [sign for sign in signs if sign.isspace()]


@pytest.mark.parametrize("size", range(1, 40))
def test_words_that_differ_in_one_letter_are_different(size: int) -> None:
    words = [
        "a" * size,
        *("a" * place + "b" + "a" * (size - place - 1) for place in range(size)),
        "a" * (size + 1),
    ]
    assert Table(100, 256).number([" ".join(words)]) == [list(range(size + 2))]


def test_a_table_without_room_says_so() -> None:
    with pytest.raises(OverflowError):
        Table(2, 8).number(["one two three"])
    with pytest.raises(OverflowError):
        Table(100, 256, 20).number(["one two three four five"])
