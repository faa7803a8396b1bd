"""From requests to sketches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.embedding import DIMENSIONS, HashedEmbedder, Vectors
from models.event import RequestEvent
from models.sketch import HOTTEST, MISSING, Origin, Sketch, decode_sketch, encode_sketch
from models.sketcher import Sketcher, resize, simhashes
from models.template import hash64
from tests.models.plain_form import plain_form

TIME = 1_772_582_400_000
BARE = RequestEvent(id="r1", time=TIME, tenant="acme")
PROMPT = "Rewrite the following question as a formal letter: where is my order"
RANDOM = np.random.default_rng(3)
EVENTS = [
    replace(BARE, prompt=PROMPT),
    BARE,
    replace(
        BARE,
        id="r2",
        prompt="Why is the sky blue?",
        temperature=0.5,
        logprobs=False,
        flags=("canary", "guard"),
    ),
    replace(BARE, embedding=tuple(RANDOM.standard_normal(DIMENSIONS).tolist())),
    replace(BARE, prompt="", response="an answer"),
    replace(BARE, embedding=tuple(RANDOM.standard_normal(768).tolist()), prompt=PROMPT),
    replace(BARE, template_hash="t-1", slot_hash="s-1", topic="tax"),
    replace(BARE, embedding=(0.0,) * DIMENSIONS),
]


def origins(count: int) -> list[Origin]:
    """As many places on the source topic."""
    return [Origin("llm-requests", 0, offset) for offset in range(count)]


def sketch(key: bytes = b"", **fields: Any) -> Sketch:
    """The sketch of one request with these fields."""
    (found,) = Sketcher(HashedEmbedder(), key).sketch_many([replace(BARE, **fields)], origins(1))
    return found


def cosine(one: Vectors, other: Vectors) -> float:
    """The cosine between two vectors."""
    a, b = np.asarray(one, float), np.asarray(other, float)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def vector(found: Sketch) -> Vectors:
    """The vector in a sketch."""
    return np.frombuffer(found.embedding, np.int8)


def test_a_sketch_does_not_depend_on_its_batch() -> None:
    sketcher, places = Sketcher(HashedEmbedder(), b"key"), origins(len(EVENTS))
    together = sketcher.sketch_many(EVENTS, places)
    alone = [sketcher.sketch_many([event], [place])[0] for event, place in zip(EVENTS, places, strict=True)]
    backwards = sketcher.sketch_many(EVENTS[::-1], places[::-1])[::-1]
    assert together == alone == backwards


def test_no_requests_give_no_sketches() -> None:
    assert Sketcher(HashedEmbedder()).sketch_many([], []) == []


def test_every_sketch_crosses_the_bus() -> None:
    for found in Sketcher(HashedEmbedder()).sketch_many(EVENTS, origins(len(EVENTS))):
        assert decode_sketch(b"acme", encode_sketch(found)) == found


def test_a_request_of_which_nothing_is_known_has_an_empty_sketch() -> None:
    assert sketch() == Sketch(id="r1", tenant="acme", time=TIME, origin=origins(1)[0], words=sketch().words)
    assert not sketch().embedding


def test_the_numbers_of_a_request_are_kept() -> None:
    numbers = {
        "input_tokens": 10,
        "output_tokens": 20,
        "max_tokens": 30,
        "cached_tokens": 0,
        "turn": 2,
        "logit_bias_size": 5,
        "n": 1,
        "top_logprobs": 20,
        "status": 429,
        "temperature": 0.7,
    }
    found = sketch(**numbers, logprobs=True, flags=("canary", "guard"))
    assert {name: getattr(found, name) for name in numbers} == numbers
    assert found.logprobs == 1
    assert found.flags == 2


def test_a_number_that_is_0_is_not_one_that_is_missing() -> None:
    found = sketch(temperature=0.0, turn=0, logprobs=False)
    assert (found.temperature, found.turn, found.logprobs) == (0.0, 0, 0)
    assert (sketch().temperature, sketch().turn, sketch().logprobs) == (MISSING, MISSING, MISSING)


@pytest.mark.parametrize(("given", "kept"), [(0.7, 0.7), (-1.0, 0.0), (-1e300, 0.0), (1e300, HOTTEST)])
def test_a_temperature_is_kept_within_reason(given: float, kept: float) -> None:
    assert sketch(temperature=given).temperature == kept


def test_a_prompt_counts_its_characters_and_words() -> None:
    assert sketch(prompt="where is my order").chars == 17
    assert sketch(prompt="where is my order").words == 4
    assert sketch(prompt="").chars == 0
    assert sketch().chars == MISSING


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", 1),
        ("end_turn", 1),
        ("length", 2),
        ("max_tokens", 2),
        ("tool_calls", 3),
        ("odd", 4),
        (None, 0),
        ("", 0),
    ],
)
def test_finish_reasons_of_the_vendors_fall_into_five_classes(reason: str, finish: int) -> None:
    assert sketch(finish_reason=reason).finish == finish


def test_an_embedding_of_256_floats_keeps_its_direction() -> None:
    row = RANDOM.standard_normal(DIMENSIONS)
    assert cosine(vector(sketch(embedding=tuple(row.tolist()))), row) > 0.999


@pytest.mark.parametrize("size", [1, 2, 64, 384, 768, 1536])
def test_an_embedding_of_another_size_is_projected(size: int) -> None:
    row = tuple(RANDOM.standard_normal(size).tolist())
    assert resize(row).shape == (DIMENSIONS,)
    assert sketch(embedding=row).embedding == sketch(embedding=row).embedding
    assert len(sketch(embedding=row).embedding) == DIMENSIONS


def test_a_projection_keeps_near_and_far() -> None:
    base = RANDOM.standard_normal(1024)
    near, far = base + 0.3 * RANDOM.standard_normal(1024), RANDOM.standard_normal(1024)
    anchor, close, away = (vector(sketch(embedding=tuple(row.tolist()))) for row in (base, near, far))
    assert cosine(anchor, close) > 0.85
    assert abs(cosine(anchor, away)) < 0.3


def test_an_embedding_takes_the_place_of_the_prompt() -> None:
    row = tuple(RANDOM.standard_normal(DIMENSIONS).tolist())
    both, alone = sketch(embedding=row, prompt=PROMPT), sketch(embedding=row)
    assert both.embedding == alone.embedding != sketch(prompt=PROMPT).embedding
    assert both.heads == plain_form(PROMPT).heads


def test_an_embedding_of_zeros_is_no_content() -> None:
    found = sketch(embedding=(0.0,) * DIMENSIONS)
    assert found.embedding == b""
    assert found.simhash == 0


def test_a_topic_label_goes_along_as_its_hash() -> None:
    assert sketch(topic="tax").topic == sketch(topic="tax").topic != sketch(topic="law").topic
    assert sketch().topic == 0


def test_a_template_hash_takes_the_place_of_the_heads() -> None:
    found = sketch(prompt=PROMPT, template_hash="t-1", slot_hash="s-1")
    assert found.heads == (0, 0, 0, hash64("t-1"))
    assert found.whole == hash64("s-1")
    assert not any(found.tails)


def test_equal_template_hashes_meet_and_others_do_not() -> None:
    one, other, third = (sketch(template_hash=name) for name in ("t-1", "t-1", "t-2"))
    assert one.heads == other.heads != third.heads


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("principal", "principal"),
        ("operation", "operation"),
        ("model", "model"),
        ("conversation_id", "conversation"),
        ("topic", "topic"),
        ("asn", "network"),
        ("fingerprint", "network"),
        ("organization", "account"),
        ("payment", "account"),
        ("template_hash", "heads"),
        ("slot_hash", "whole"),
        ("prompt", "whole"),
        ("prompt", "heads"),
        ("prompt", "tails"),
    ],
)
def test_the_key_changes_every_hash(name: str, field: str) -> None:
    fields = {name: "the value of this field"}
    plain, keyed, again = sketch(**fields), sketch(b"key", **fields), sketch(b"key", **fields)
    assert getattr(plain, field) != getattr(keyed, field) == getattr(again, field)
    assert getattr(sketch(b"key"), field) in (0, (0, 0, 0, 0))


def test_an_account_is_known_by_what_pays_for_it_else_by_its_organisation() -> None:
    paid = sketch(payment="card-7").account
    assert paid == sketch(payment="card-7", organization="acme").account != 0
    assert len({paid, sketch(organization="card-7").account, sketch(organization="acme").account}) == 3
    assert sketch().account == sketch(payment="", organization="").account == 0


def test_the_day_of_signing_up_is_kept_as_a_time() -> None:
    assert sketch(signed_up=1_772_582_400_000).signed_up == 1_772_582_400_000
    assert sketch().signed_up == 0


def test_the_key_does_not_change_what_is_compared_between_texts() -> None:
    plain, keyed = sketch(prompt=PROMPT), sketch(b"key", prompt=PROMPT)
    assert (plain.embedding, plain.simhash) == (keyed.embedding, keyed.simhash)


def test_similar_vectors_have_similar_simhashes() -> None:
    base = RANDOM.standard_normal(DIMENSIONS)
    rows = np.array([base, base + 0.2 * RANDOM.standard_normal(DIMENSIONS), -base])
    one, near, opposite = simhashes((rows * 30).clip(-127, 127).astype(np.int8)).tolist()
    assert (one ^ near).bit_count() < 16
    assert (one ^ opposite).bit_count() > 60


def test_the_simhash_of_zeros_is_0() -> None:
    assert simhashes(np.zeros((2, DIMENSIONS), np.int8)).tolist() == [0, 0]
