"""Remembers the tokens of words: most words of any text were seen before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.core import text_words
from models.texts import SPARE, Ends, Letters

LETTERS = 16
"""Bytes for each word, on average."""


class Encoding(Protocol):
    """What a tokenizer says of one text."""

    @property
    def ids(self) -> list[int]:
        """The tokens' numbers."""
        ...


class Tokenizer(Protocol):
    """The one method that is used of `tokenizers.Tokenizer`."""

    def encode_batch_fast(self, texts: Sequence[str], /, *, add_special_tokens: bool) -> Sequence[Encoding]:
        """Split texts into tokens."""
        ...


class WordTable:
    """Tokens of the words of texts, of which a bounded number is remembered; it starts anew when it is full.

    Parameters
    ----------
    tokenizer
        Without padding and truncation.
    vocabulary
        How many tokens there are; their numbers are below that.
    most
        Words that are remembered.
    each
        Tokens of a word that are remembered.
    """

    def __init__(self, tokenizer: Tokenizer, vocabulary: int, most: int, each: int) -> None:
        self._tokenizer = tokenizer
        self._vocabulary, self._each = vocabulary, each
        self._slots = np.zeros(2 << (most - 1).bit_length(), np.uint64)
        self._letters = np.empty(LETTERS * most + SPARE, np.uint8)
        self._ends = np.zeros(most + 1, np.int64)
        self._known = 0
        self.tokens = np.empty(most, np.int32)
        self.token_ends = np.zeros(most + 1, np.int64)

    def __len__(self) -> int:
        return self._known

    def number(self, letters: Letters, ends: Ends) -> tuple[NDArray[np.int32], Ends]:
        """Return the numbers of the words of texts and how many there are up to the end of each text.

        The texts must have at most `most` words, of `LETTERS` bytes each on average.
        """
        numbers = np.empty((letters.size + ends.size) // 2, np.int32)  # a blank between two words of a text
        lasts = np.empty(ends.size, np.int64)
        wanted = letters, ends, self._slots, self._letters, self._ends
        count = text_words.number_words(*wanted, self._known, numbers, lasts)
        if count == text_words.FULL:
            self._slots[:] = 0
            self._known = 0
            count = text_words.number_words(*wanted, 0, numbers, lasts)
        if count > self._known:
            self._split(self._known, count)
            self._known = count
        return numbers, lasts

    def _split(self, first: int, last: int) -> None:
        """Split the words from one number to before another into tokens."""
        ends = self._ends[first : last + 1].tolist()
        letters = self._letters[ends[0] : ends[-1]].tobytes()
        words = [letters[a - ends[0] : b - ends[0]].decode() for a, b in pairwise(ends)]
        found = self._tokenizer.encode_batch_fast(words, add_special_tokens=False)
        rows = [encoding.ids[: self._each] for encoding in found]
        fresh = np.fromiter(chain.from_iterable(rows), np.int32)
        if fresh.max(initial=0) >= self._vocabulary:
            raise ValueError(f"the tokenizer gave token {fresh.max()}, and there are {self._vocabulary}")
        begin = self.token_ends[first]
        end = begin + fresh.size
        if end > self.tokens.size:
            self.tokens = np.concatenate([self.tokens[:begin], np.empty(2 * end - begin, np.int32)])
        self.tokens[begin:end] = fresh
        self.token_ends[first + 1 : last + 1] = begin + np.cumsum([len(row) for row in rows])
