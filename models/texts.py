"""Many texts as one array of bytes, as compiled code reads them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

SPARE = 8
"""Bytes behind the last text, so that a word of eight bytes can be read wherever a text is."""

Letters = NDArray[np.uint8]
Ends = NDArray[np.int64]


def joined(texts: Sequence[bytes]) -> tuple[Letters, Ends]:
    """Put texts behind each other; return them and where each ends."""
    letters = np.frombuffer(bytearray().join((*texts, bytes(SPARE))), np.uint8)
    return letters, np.fromiter(accumulate(map(len, texts)), np.int64, len(texts))


def encoded(texts: Sequence[str]) -> tuple[Letters, Ends]:
    """Put texts behind each other as UTF-8; see `joined`."""
    whole = "".join((*texts, "\0" * SPARE))
    if not whole.isascii():
        return joined(list(map(as_bytes, texts)))
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    return np.frombuffer(bytearray(whole, "ascii"), np.uint8), np.cumsum(sizes)


def as_bytes(text: str) -> bytes:
    """Encode a text in UTF-8, half a surrogate pair too, so that no two texts have the same bytes."""
    return text.encode(errors="surrogatepass")
