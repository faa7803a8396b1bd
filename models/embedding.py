"""Text to vector: a static token embedding with our own pooling, and a fallback that needs no weights.

A vector is 256 signed bytes. Only its direction counts: every inner product of two such vectors is a whole
number below 2**24, so float32 arithmetic on them is exact and equal on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.core import text_vectors
from models.texts import joined
from models.words import Tokenizer, WordTable

DIMENSIONS = 256
HEAD_CHARS = 288
TAIL_CHARS = 112
MAX_TOKENS = 128
MAX_WORDS = 262_144
"""Words whose tokens are remembered, in 10 to 30 MB; the table starts anew when it is full."""

_MOST_WORDS = (HEAD_CHARS + TAIL_CHARS) // 2 + 1
"""Words of a text whose middle is cut out."""

GRAM = 5

Vectors = NDArray[np.int8]


class Embedder(Protocol):
    """Turns texts into vectors of `DIMENSIONS` signed bytes."""

    def embed_many(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), DIMENSIONS); a text without any token gives zeros."""
        ...


def cap(text: str) -> str:
    """Keep the head and the tail of a long text: the instruction stands in one of them."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return f"{text[:HEAD_CHARS]} {text[-TAIL_CHARS:]}"


def quantise(pooled: NDArray[np.float32]) -> Vectors:
    """Scale each row so that its largest component is 127 and round; a row of zeros stays zero."""
    peak = np.abs(pooled).max(axis=1, keepdims=True, initial=0.0)
    scale = np.divide(127.0, peak, out=np.zeros_like(peak), where=peak > 0)
    scaled: Vectors = np.rint(pooled * scale).astype(np.int8)
    return scaled


class TokenEmbedder:
    """Sum of the vectors of a text's tokens, whose direction is that of their mean.

    A text is split at white space and each word into tokens, which a bounded table remembers: most words of
    any text were seen before, and splitting them again is nine tenths of the cost.

    Parameters
    ----------
    tokenizer
        Without padding and truncation.
    weights
        Shape (vocabulary, 256), float32.
    words
        How many are remembered, at least as many as a text can have, 201.

    Raises
    ------
    ValueError
        Fewer words are to be remembered, or the weights have another shape; later, if the tokenizer has
        more tokens than there are weights.
    """

    def __init__(self, tokenizer: Tokenizer, weights: NDArray[np.float32], words: int = MAX_WORDS) -> None:
        if words < _MOST_WORDS:
            raise ValueError(f"words is {words} and must be {_MOST_WORDS} or more")
        if weights.shape[1:] != (DIMENSIONS,):
            raise ValueError(f"the weights have the shape {weights.shape}, not (vocabulary, {DIMENSIONS})")
        self._words = WordTable(tokenizer, len(weights), words, MAX_TOKENS)
        self._weights = np.ascontiguousarray(weights, np.float32)
        self._texts = words // _MOST_WORDS

    def embed_many(self, texts: Sequence[str]) -> Vectors:
        """Embed the head and the tail of each text."""
        vectors = np.empty((len(texts), DIMENSIONS), np.int8)
        for first in range(0, len(texts), self._texts):
            part = slice(first, first + self._texts)
            numbers, lasts = self._words.number(*joined([cap(text).encode() for text in texts[part]]))
            tokens, ends = self._words.tokens, self._words.token_ends
            text_vectors.pool(numbers, lasts, tokens, ends, self._weights, MAX_TOKENS, vectors[part])
        return vectors


class HashedEmbedder:
    """Signed feature hashing of character 5-grams (Weinberger et al. 2009); needs no weights, finds less."""

    def embed_many(self, texts: Sequence[str]) -> Vectors:
        """Embed the head and the tail of each text."""
        pooled = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            slots, signs = _hashed_grams(cap(text).lower())
            np.add.at(pooled[row], slots, signs)
        return quantise(pooled)


def _hashed_grams(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Hash every run of five characters by a polynomial over code points, mixed by a fixed odd multiplier."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    if codes.size == 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    codes = np.pad(codes, (0, max(0, GRAM - codes.size)))
    grams = np.lib.stride_tricks.sliding_window_view(codes, GRAM)
    mixed = ((grams * _POWERS).sum(axis=1, dtype=np.uint64) * _MULTIPLIER) >> np.uint64(40)
    signs = np.where(mixed & np.uint64(DIMENSIONS), np.float32(1), np.float32(-1))
    return (mixed % np.uint64(DIMENSIONS)).astype(np.int64), signs


_POWERS = np.array([pow(1_000_003, k, 2**64) for k in range(GRAM)], np.uint64)
_MULTIPLIER = np.uint64(int.from_bytes(blake2b(b"distillwatch-grams", digest_size=8).digest(), "big") | 1)
