"""BLAKE2b, compiled, against that of the standard library."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core import text_hashing
from models.core.text_bytes import address


def hashed(text: bytes, key: bytes) -> int:
    """Hash a text that lies somewhere in the middle of an array, by the compiled core."""
    texts = np.frombuffer(bytearray(b"abc" + text + b"xyz01234"), np.uint8)
    secret = np.frombuffer(bytearray(key.ljust(text_hashing.BLOCK, b"\0")), np.uint8)
    start, room = np.empty(8, np.uint64), np.full(text_hashing.STATE + text_hashing.BLOCK, 0xAA, np.uint8)
    done = text_hashing.begin(address(secret), len(key), address(start))
    return int(text_hashing.digest(address(texts) + 3, len(text), address(start), done, address(room)))


def expected(text: bytes, key: bytes) -> int:
    """Hash by the standard library."""
    return int.from_bytes(blake2b(text, digest_size=8, key=key).digest(), "little") or 1


@pytest.mark.parametrize("key", [b"", b"k", b"key" * 21, b"x" * 64])
def test_texts_of_all_lengths_have_the_hash_of_the_standard_library(key: bytes) -> None:
    text = np.random.default_rng(7).integers(0, 256, 600, np.uint8).tobytes()
    for size in range(1 if key else 0, len(text)):
        assert hashed(text[:size], key) == expected(text[:size], key)


@given(st.binary(min_size=1, max_size=2000), st.binary(max_size=64))
@settings(deadline=None, max_examples=300)
def test_any_text_has_the_hash_of_the_standard_library(text: bytes, key: bytes) -> None:
    assert hashed(text, key) == expected(text, key)
