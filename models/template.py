"""Fingerprints of a prompt's form: what stays the same when a template is filled again.

Where a template ends and its slot begins is unknown. So heads and tails of several lengths are hashed, and
the longest that recurs counts. Numbers, quotations, addresses and long tokens are masked first. The hashes
are keyed BLAKE2b: without the key nobody can test a guess at a prompt against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.core import text_forms, text_hashing
from models.core.text_forms import LENGTHS
from models.texts import joined

MAX_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Forms:
    """Hashes of 64 bits of n prompts; 0 where a prompt is too short for that length.

    Parameters
    ----------
    heads, tails
        Of the first and the last 4, 8, 16 and 32 masked words, shape (n, 4).
    whole
        Of the whole prompt as it is; equal for equal prompts only. Shape (n,).
    words
        How many words the prompt has, shape (n,).
    """

    heads: NDArray[np.uint64]
    tails: NDArray[np.uint64]
    whole: NDArray[np.uint64]
    words: NDArray[np.int64]


def hash64(text: str, key: bytes = b"") -> int:
    """Hash a text to 64 bits, never 0."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=key).digest(), "little") or 1


def forms(prompts: Sequence[str], key: bytes = b"") -> Forms:
    """Fingerprint the forms of prompts; of a long one, `MAX_CHARS` / 2 at each end are read for words.

    What is no Unicode, half a pair of surrogates, raises a `UnicodeEncodeError`, a key of more than 64 bytes
    a `ValueError`.
    """
    empty = hash64("", key)
    wholes = [prompt.encode() for prompt in prompts]
    texts = [
        whole if whole.isascii() and len(whole) <= MAX_CHARS else _read(prompt).encode()
        for prompt, whole in zip(prompts, wholes, strict=True)
    ]
    count, longest = len(prompts), max(map(len, texts), default=0)
    found = Forms(
        heads=np.empty((count, len(LENGTHS)), np.uint64),
        tails=np.empty((count, len(LENGTHS)), np.uint64),
        whole=np.empty(count, np.uint64),
        words=np.empty(count, np.int64),
    )
    secret = np.frombuffer(bytearray(key.ljust(text_hashing.BLOCK, b"\0")), np.uint8), len(key)
    room = np.empty(text_forms.ROOM, np.uint8)
    text_forms.hash_wholes(*joined(wholes), *secret, room, found.whole)
    found.whole[[row for row, whole in enumerate(wholes) if not whole]] = empty
    out, starts = np.empty(longest + text_forms.SPARE, np.uint8), np.empty(longest // 2 + 2, np.int64)
    found_ends = found.heads, found.tails, found.words
    text_forms.hash_ends(*joined(texts), *secret, _decimals(), out, starts, room, *found_ends)
    return found


@cache
def _decimals() -> NDArray[np.bool_]:
    """Say of each sign whether it is a digit of any script."""
    return np.array([chr(code).isdecimal() for code in range(text_forms.DIGITS_BELOW)])


def _read(prompt: str) -> str:
    """Return what is read of a prompt for words, in lower case."""
    if len(prompt) > MAX_CHARS:
        prompt = f"{prompt[: MAX_CHARS // 2]} {prompt[-MAX_CHARS // 2 :]}"
    return prompt.lower()
