"""Text to vector, by tokens and by character grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import (
    DIMENSIONS,
    HEAD_CHARS,
    MAX_TOKENS,
    TAIL_CHARS,
    Embedder,
    HashedEmbedder,
    TokenEmbedder,
    Vectors,
    cap,
    quantise,
)

VOCABULARY = 50
LONG = HEAD_CHARS + TAIL_CHARS


@dataclass
class Tokens:
    """What a tokenizer says of one text."""

    ids: list[int]


class LetterTokenizer:
    """A token a letter; anything else is no token."""

    def encode_batch_fast(self, texts: Sequence[str], /, *, add_special_tokens: bool) -> list[Tokens]:
        assert not add_special_tokens
        return [Tokens([ord(sign) % VOCABULARY for sign in text if sign.isalpha()]) for text in texts]


WEIGHTS = np.random.default_rng(5).standard_normal((VOCABULARY, DIMENSIONS)).astype(np.float32)
EMBEDDERS = [HashedEmbedder(), TokenEmbedder(LetterTokenizer(), WEIGHTS)]
TEXTS = ["where is my order", "", "π and 漢字 and 😀", "x", " \n\t", "a" * 2000, "Where is my ORDER?"]
each = pytest.mark.parametrize("embedder", EMBEDDERS, ids=["hashed", "token"])


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """The cosine between two vectors of bytes."""
    a, b = one.astype(float), other.astype(float)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


@each
def test_a_text_becomes_256_signed_bytes(embedder: Embedder) -> None:
    vectors = embedder.embed_many(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.int8


@each
def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.embed_many([]).shape == (0, DIMENSIONS)


@each
def test_an_empty_text_gives_zeros(embedder: Embedder) -> None:
    assert not embedder.embed_many(["", "a", ""])[[0, 2]].any()


def test_a_text_without_any_token_gives_zeros() -> None:
    vectors = TokenEmbedder(LetterTokenizer(), WEIGHTS).embed_many(["12 34", "abc", "...", "56"])
    assert not vectors[[0, 2, 3]].any()
    assert vectors[1].any()


@each
def test_equal_texts_give_equal_vectors(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed_many(TEXTS), embedder.embed_many(list(TEXTS)))


@each
def test_a_vector_does_not_depend_on_its_batch(embedder: Embedder) -> None:
    together = embedder.embed_many(TEXTS)
    alone = np.concatenate([embedder.embed_many([text]) for text in TEXTS])
    assert np.array_equal(together, alone)
    assert np.array_equal(embedder.embed_many(TEXTS[::-1])[::-1], together)


@each
def test_the_largest_component_uses_the_whole_byte(embedder: Embedder) -> None:
    vectors = embedder.embed_many(["where is my order", "漢字", "x"])
    assert (np.abs(vectors.astype(int)).max(axis=1) == 127).all()


@each
def test_the_middle_of_a_long_text_does_not_count(embedder: Embedder) -> None:
    head, tail = "begin " * 60, " the end" * 20
    one, other = embedder.embed_many([f"{head}{filling * 500}{tail}" for filling in "mz"])
    assert np.array_equal(one, other)


@each
@given(text=st.text(max_size=60))
@settings(deadline=None, max_examples=50)
def test_any_text_has_a_vector(embedder: Embedder, text: str) -> None:
    vectors = embedder.embed_many([text])
    assert vectors.shape == (1, DIMENSIONS)
    assert vectors.min() >= -127


def test_grams_find_similar_texts_similar() -> None:
    anchor, near, far = HashedEmbedder().embed_many(
        ["where is my order number five", "where is my order number nine", "prove the lemma of Zorn in full"]
    )
    assert cosine(anchor, near) > 0.5 > cosine(anchor, far)


def test_grams_do_not_see_case() -> None:
    one, other = HashedEmbedder().embed_many(["Where Is My Order", "where is my order"])
    assert np.array_equal(one, other)


def test_the_gram_hash_is_pinned() -> None:
    """A change here makes every stored reservoir worthless: raise the snapshot's version with it."""
    (vector,) = HashedEmbedder().embed_many(["where is my order"])
    assert np.flatnonzero(vector).tolist() == [0, 3, 55, 68, 107, 137, 146, 161, 172, 179, 222, 238, 242]


def test_a_token_vector_is_the_mean_of_its_tokens() -> None:
    (vector,) = TokenEmbedder(LetterTokenizer(), WEIGHTS).embed_many(["abc"])
    mean = WEIGHTS[[ord(sign) % VOCABULARY for sign in "abc"]].mean(axis=0)
    assert cosine(vector, mean) > 0.999


def plainly(texts: Sequence[str]) -> Vectors:
    """Embed texts one token after the other."""
    sums = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in enumerate(texts):
        words = LetterTokenizer().encode_batch_fast(cap(text).split(), add_special_tokens=False)
        for token in list(chain.from_iterable(word.ids for word in words))[:MAX_TOKENS]:
            sums[row] += WEIGHTS[token]
    return quantise(sums)


words = st.one_of(
    st.text("abAB\u00df\u6f22\U0001f600.1", min_size=1, max_size=30),
    st.integers(0, 400).map(lambda size: "abcdefghij" * (size // 10) + "x" * (size % 10)),
)
spaces = st.sampled_from([" ", "\n", "  ", "\x1c", "\x85", "\xa0", "\u2003", "\u3000"])


@given(st.lists(st.lists(st.tuples(words, spaces), max_size=60).map(lambda drawn: "".join(chain(*drawn)))))
@settings(deadline=None, max_examples=100)
def test_the_sum_is_that_of_one_token_after_the_other_to_the_bit(texts: list[str]) -> None:
    embedder = TokenEmbedder(LetterTokenizer(), WEIGHTS, words=201)
    for _ in range(2):
        assert np.array_equal(embedder.embed_many(texts), plainly(texts))


def test_many_texts_of_one_letter_have_their_vectors() -> None:
    texts = [chr(97 + place % 26) for place in range(5000)]
    assert np.array_equal(TokenEmbedder(LetterTokenizer(), WEIGHTS).embed_many(texts), plainly(texts))


def test_what_is_remembered_of_words_is_bounded_and_changes_no_vector() -> None:
    texts = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}{chr(97 + n % 7)} {'漢' * n} order" for n in range(600)]
    embedder = TokenEmbedder(LetterTokenizer(), WEIGHTS, words=201)
    for _ in range(2):
        assert np.array_equal(embedder.embed_many(texts), plainly(texts))
        assert len(embedder._words) <= 201


def test_a_tokenizer_that_failed_is_asked_again() -> None:
    class Failing(LetterTokenizer):
        fails = True

        def encode_batch_fast(self, texts: Sequence[str], /, *, add_special_tokens: bool) -> list[Tokens]:
            if self.fails:
                raise RuntimeError
            return super().encode_batch_fast(texts, add_special_tokens=add_special_tokens)

    tokenizer = Failing()
    embedder = TokenEmbedder(tokenizer, WEIGHTS)
    for texts in (["one two three"], ["four one five"]):
        with pytest.raises(RuntimeError):
            embedder.embed_many(texts)
    tokenizer.fails = False
    for texts in (["two six one"], ["five six four one two three"]):
        assert np.array_equal(embedder.embed_many(texts), plainly(texts))


def test_a_token_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="the tokenizer gave token 49, and there are 49"):
        TokenEmbedder(LetterTokenizer(), WEIGHTS[:49]).embed_many(["c"])


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the weights have the shape \(50, 255\), not \(vocabulary, 256\)"):
        TokenEmbedder(LetterTokenizer(), WEIGHTS[:, 1:])


def test_fewer_words_than_a_text_can_have_are_refused() -> None:
    with pytest.raises(ValueError, match="words is 200 and must be 201 or more"):
        TokenEmbedder(LetterTokenizer(), WEIGHTS, words=200)


def test_no_more_than_the_stated_tokens_count() -> None:
    embedder = TokenEmbedder(LetterTokenizer(), WEIGHTS)
    one, other = embedder.embed_many(["a" * MAX_TOKENS, "a" * MAX_TOKENS + "b"])
    assert np.array_equal(one, other)


@pytest.mark.parametrize("size", [0, 1, HEAD_CHARS, LONG])
def test_a_short_text_is_not_cut(size: int) -> None:
    text = "".join(chr(97 + place % 26) for place in range(size))
    assert cap(text) == text


def test_a_long_text_keeps_its_head_and_its_tail() -> None:
    text = "".join(chr(0x4E00 + place) for place in range(LONG + 1))
    assert cap(text) == f"{text[:HEAD_CHARS]} {text[-TAIL_CHARS:]}"


def test_quantising_keeps_the_direction_and_zeros() -> None:
    pooled = np.random.default_rng(1).standard_normal((20, DIMENSIONS)).astype(np.float32) * 1e-3
    pooled[3] = 0
    vectors = quantise(pooled)
    assert not vectors[3].any()
    assert min(cosine(vectors[row], pooled[row]) for row in range(20) if row != 3) > 0.999


def test_a_product_of_two_vectors_is_exact_in_float32() -> None:
    worst = np.full((1, DIMENSIONS), -127, np.int8)
    product = (worst.astype(np.float32) @ worst.astype(np.float32).T).item()
    assert product == DIMENSIONS * 127**2 < 2**24


def test_the_embedders_keep_the_protocol() -> None:
    embedders: list[Embedder] = [HashedEmbedder(), TokenEmbedder(LetterTokenizer(), WEIGHTS)]
    assert len(embedders) == 2
