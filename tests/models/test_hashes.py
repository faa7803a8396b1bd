"""Hashes of texts that come again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import hashes
from models.hashes import Hashes
from models.template import hash64


@given(st.lists(st.lists(st.none() | st.text(max_size=3), max_size=8), max_size=4), st.binary(max_size=64))
def test_a_text_has_the_same_hash_every_time(batches: list[list[str | None]], key: bytes) -> None:
    table = Hashes(key)
    for texts in batches:
        assert table.many(texts).tolist() == [hash64(text, key) if text else 0 for text in texts]


@pytest.mark.parametrize(("name", "most"), [("MAX_TEXTS", 100), ("MAX_CHARS", 1_000)])
def test_texts_without_end_take_bounded_memory(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, name, most)
    table, held = Hashes(), []
    for batch in range(100):
        texts = [f"{batch:04}-{place:05}" for place in range(10)]
        assert table.many(texts).tolist() == [hash64(text) for text in texts]
        held.append(len(table._known))
    assert max(held) <= 102
    assert len(held) > len(set(held))
