"""The embedders that the settings name, the first of them with its real weights."""

from __future__ import annotations

from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from models.embedding import DIMENSIONS, Embedder, HashedEmbedder, TokenEmbedder
from models.errors import SettingsError
from streams import embedders
from streams.embedders import load_embedder

TEXTS = [
    "How do I return a pair of hiking boots that do not fit?",
    "I want to send back my walking shoes, they are too small.",
    "Write a Python function that inverts a binary tree.",
    "Implement tree inversion in Rust with tests.",
    "What is the capital of Mongolia?",
    "",
    "Wie gebe ich ein Paar Wanderschuhe zurück?",
    "漢字だけの質問です。",
    "word " * 600,
    "😀" * 50,
]


@pytest.fixture(scope="module")
def wordllama() -> Embedder:
    """The embedder with the real weights."""
    return load_embedder("wordllama")


def cosines(embedder: Embedder, texts: list[str]) -> np.ndarray:
    """The cosines between all texts."""
    rows = embedder.embed_many(texts).astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def test_the_default_embedder_reads_its_weights_from_the_installed_package(wordllama: Embedder) -> None:
    assert isinstance(wordllama, TokenEmbedder)
    assert wordllama.embed_many(TEXTS).shape == (len(TEXTS), DIMENSIONS)


def test_texts_of_one_meaning_are_closer_than_others(wordllama: Embedder) -> None:
    close = cosines(wordllama, TEXTS[:5])
    assert close[0, 1] > 0.25
    assert close[2, 3] > 0.25
    for other in (2, 3, 4):
        assert close[0, other] < close[0, 1] - 0.1


def test_a_text_embeds_the_same_alone_and_in_any_batch(wordllama: Embedder) -> None:
    together = wordllama.embed_many(TEXTS)
    alone = np.concatenate([wordllama.embed_many([text]) for text in TEXTS])
    assert np.array_equal(together, alone)
    assert np.array_equal(wordllama.embed_many(TEXTS[::-1])[::-1], together)
    assert np.array_equal(wordllama.embed_many(TEXTS * 40)[-len(TEXTS) :], together)


def test_only_the_empty_text_has_no_vector(wordllama: Embedder) -> None:
    assert [bool(row.any()) for row in wordllama.embed_many(TEXTS)] == [bool(text) for text in TEXTS]


def test_the_fallback_needs_no_weights() -> None:
    assert isinstance(load_embedder("hashed"), HashedEmbedder)


def test_an_unknown_embedder_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(SettingsError, match=r"embedding\.kind is 'bert' and must be 'wordllama' or 'hashed'"):
        load_embedder("bert")


def test_missing_weights_are_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> ModuleSpec | None:
        assert name == "wordllama"
        return None

    monkeypatch.setattr(embedders, "find_spec", find_nothing)
    with pytest.raises(SettingsError, match="not installed: install it or set 'hashed'"):
        load_embedder("wordllama")
