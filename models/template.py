"""Fingerprints of a prompt's form: what stays the same when a template is filled again.

Where a template ends and its slot begins is unknown. So heads and tails of several lengths are hashed, and
the longest that recurs counts. Numbers, quotations, addresses and long tokens are masked first. The hashes
are keyed BLAKE2b: without the key nobody can test a guess at a prompt against them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

LENGTHS = (4, 8, 16, 32)
"""Words in a head or a tail."""

MAX_CHARS = 4096
_LONG_TOKEN = 24
_MASKS = re.compile(r"https?://\S+|\"[^\"\n]{1,200}\"|\d[\d.,:/-]*")
_EMPTY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Form:
    """Hashes of 64 bits; 0 where the prompt is too short for that length.

    Parameters
    ----------
    heads, tails
        Of the first and the last 4, 8, 16 and 32 masked words.
    whole
        Of the whole prompt as it is; equal for equal prompts only.
    words
        How many words the prompt has.
    """

    heads: tuple[int, int, int, int] = _EMPTY
    tails: tuple[int, int, int, int] = _EMPTY
    whole: int = 0
    words: int = 0


@dataclass(frozen=True, slots=True)
class Forms:
    """Of many prompts, see `Form`.

    Parameters
    ----------
    heads, tails
        Shape (n, 4), one column for each of `LENGTHS`.
    whole, words
        Shape (n,).
    """

    heads: NDArray[np.uint64]
    tails: NDArray[np.uint64]
    whole: NDArray[np.uint64]
    words: NDArray[np.int64]


def hash64(text: str, key: bytes = b"") -> int:
    """Hash a text to 64 bits, never 0."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=key).digest(), "little") or 1


def form(prompt: str, key: bytes = b"") -> Form:
    """Fingerprint the form of a prompt; of a long one, `MAX_CHARS` / 2 at each end are read for words."""
    words = _words(prompt)
    return Form(
        heads=_hashes([words[:length] for length in LENGTHS], key),
        tails=_hashes([words[-length:] for length in LENGTHS], key),
        whole=hash64(prompt, key),
        words=len(words),
    )


def forms(prompts: Sequence[str], key: bytes = b"") -> Forms:
    """Fingerprint the form of each prompt, none of which is empty."""
    each = [form(prompt, key) for prompt in prompts]
    return Forms(
        heads=np.array([one.heads for one in each], np.uint64).reshape(-1, len(LENGTHS)),
        tails=np.array([one.tails for one in each], np.uint64).reshape(-1, len(LENGTHS)),
        whole=np.array([one.whole for one in each], np.uint64),
        words=np.array([one.words for one in each], np.int64),
    )


def _words(prompt: str) -> list[str]:
    if len(prompt) > MAX_CHARS:
        prompt = f"{prompt[: MAX_CHARS // 2]} {prompt[-MAX_CHARS // 2 :]}"
    masked = _MASKS.sub("\x00", prompt.lower())
    return [word if len(word) <= _LONG_TOKEN else "\x01" for word in masked.split()]


def _hashes(parts: list[list[str]], key: bytes) -> tuple[int, int, int, int]:
    a, b, c, d = (
        hash64(" ".join(part), key) if len(part) == length else 0
        for part, length in zip(parts, LENGTHS, strict=True)
    )
    return a, b, c, d
