"""Text to vector: a static token embedding with our own pooling, and a fallback that needs no weights.

A vector is 256 signed bytes. Only its direction counts: every inner product of two such vectors is a whole
number below 2**24, so float32 arithmetic on them is exact and equal on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

DIMENSIONS = 256
HEAD_CHARS = 288
TAIL_CHARS = 112
MAX_TOKENS = 128
MAX_WORDS = 65_536
"""Words whose tokens are remembered; the table starts anew when it is full."""

GRAM = 5

Vectors = NDArray[np.int8]


class Embedder(Protocol):
    """Turns texts into vectors of `DIMENSIONS` signed bytes."""

    def embed_many(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), DIMENSIONS); a text without any token gives zeros."""
        ...


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
    """

    def __init__(self, tokenizer: Tokenizer, weights: NDArray[np.float32]) -> None:
        self._tokenizer = tokenizer
        self._weights = weights
        self._known: dict[str, list[int]] = {}

    def embed_many(self, texts: Sequence[str]) -> Vectors:
        """Embed the head and the tail of each text."""
        split = [cap(text).split() for text in texts]
        tokens = self._tokens({word for words in split for word in words})
        rows = [list(chain.from_iterable(map(tokens.__getitem__, words)))[:MAX_TOKENS] for words in split]
        ends = np.cumsum([0, *map(len, rows)], dtype=np.int32)
        flat = np.fromiter(chain.from_iterable(rows), np.int32, ends[-1])
        # A sparse product adds up the rows without copying them first, thirteen times faster than a gather.
        counts = csr_matrix((np.ones(flat.size, np.float32), flat, ends), (len(texts), len(self._weights)))
        return quantise(counts @ self._weights)

    def _tokens(self, words: set[str]) -> dict[str, list[int]]:
        """Return a table that holds the tokens of at least these words."""
        fresh = sorted(words - self._known.keys())
        if len(self._known) + len(fresh) > MAX_WORDS:
            self._known, fresh = {}, sorted(words)
        if fresh:
            encodings = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
            self._known.update(zip(fresh, (encoding.ids for encoding in encodings), strict=True))
        return self._known


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
