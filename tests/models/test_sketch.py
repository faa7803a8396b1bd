"""The sketch on the bus: nothing is lost, nothing broken is taken for whole, and no text is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import DIMENSIONS, HashedEmbedder
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS, RequestEvent
from models.sketch import MISSING, Origin, Sketch, current, decode_sketch, encode_sketch
from models.sketcher import Sketcher
from tests.models.core.tools import SIGNALS

TIME = 1_772_582_400_000
ORIGIN = Origin("llm-requests", 3, 141)
SMALL = Sketch(id="r1", tenant="acme", time=TIME, origin=ORIGIN)
WINDOW = 8
"""Bytes of text that would be a leak; shorter runs may stand in a hash by chance."""

words = st.integers(0, 2**64 - 1)
counts = st.integers(MISSING, 2**31 - 1)
names = st.text(min_size=1, max_size=40)
four_words = st.tuples(words, words, words, words)
HASHES = ("whole", "simhash", "operation", "model", "principal", "conversation", "topic", "network")
HASHES += ("account",)
COUNTS = ("chars", "words", "input_tokens", "output_tokens", "max_tokens", "cached_tokens", "turn")
COUNTS += ("logit_bias_size", "n", "top_logprobs", "status")
TEXTS = [
    "prompt",
    "response",
    "principal",
    "conversation_id",
    "client_ip",
    "user_agent",
    "asn",
    "fingerprint",
]
TEXTS += ["organization", "payment"]
sketches = st.builds(
    Sketch,
    id=names,
    tenant=names,
    time=st.integers(EARLIEST_MS, LATEST_MS - 1),
    origin=st.builds(
        Origin, names, st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1)
    ),
    heads=four_words,
    tails=four_words,
    temperature=st.floats(0, 10) | st.just(MISSING),
    logprobs=st.sampled_from([MISSING, 0, 1]),
    finish=st.integers(0, 4),
    signed_up=st.just(0) | st.integers(EARLIEST_MS, LATEST_MS - 1),
    flags=st.integers(0, 100),
    embedding=st.just(b"") | st.binary(min_size=DIMENSIONS, max_size=DIMENSIONS).filter(any),
    **dict.fromkeys(HASHES, words),
    **dict.fromkeys(COUNTS, counts),
)


def of_version_1(sketch: Sketch) -> bytes:
    """The bytes that the first version wrote, which knew nothing of accounts."""
    value = of_version_2(sketch)
    hashes = 24 + 8 * (8 + 8)
    return value[:3] + b"\1" + value[4:hashes] + value[hashes + 16 :]


def of_version_2(sketch: Sketch) -> bytes:
    """The bytes that the version before wrote, when a record held one event."""
    value = encode_sketch(sketch)
    return value[:3] + b"\2" + value[4:24] + value[28:]


def decode(value: bytes) -> Sketch | DecodeError:
    """Decode, or return the complaint; anything else that is raised is a failure."""
    try:
        return decode_sketch(b"acme", value)
    except DecodeError as error:
        return error


@given(sketches)
@settings(deadline=None, max_examples=100)
def test_a_sketch_comes_back_as_it_was(sketch: Sketch) -> None:
    assert decode_sketch(sketch.tenant.encode(), encode_sketch(sketch)) == sketch


@pytest.mark.parametrize("name", [field.name for field in fields_of(Sketch)])
def test_every_field_crosses_the_bus(name: str) -> None:
    values = {
        "id": "r2",
        "tenant": "other",
        "time": TIME + 5,
        "temperature": 0.5,
        "signed_up": TIME - 1,
    }
    values |= {
        "origin": Origin("a", 1, 2, 3),
        "heads": (1, 2, 3, 4),
        "tails": (5, 6, 7, 8),
        "embedding": b"\1" * DIMENSIONS,
    }
    changed = replace(SMALL, **{name: values.get(name, 1)})
    assert decode_sketch(changed.tenant.encode(), encode_sketch(changed)) == changed
    assert changed != SMALL


def test_equal_sketches_have_equal_bytes() -> None:
    assert encode_sketch(replace(SMALL)) == encode_sketch(SMALL)


@given(sketches, st.data())
@settings(deadline=None, max_examples=60)
def test_a_sketch_that_ends_early_is_refused(sketch: Sketch, data: st.DataObject) -> None:
    value = encode_sketch(sketch)
    cut = data.draw(st.integers(0, len(value) - 1))
    assert isinstance(decode(value[:cut]), DecodeError)


@given(sketches, st.binary(min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_a_sketch_with_more_behind_it_is_refused(sketch: Sketch, more: bytes) -> None:
    assert isinstance(decode(encode_sketch(sketch) + more), DecodeError)


@given(sketches, st.data())
@settings(deadline=None, max_examples=150)
def test_a_sketch_changed_on_the_way_is_decoded_or_refused(sketch: Sketch, data: st.DataObject) -> None:
    assert isinstance(decode(mutated(sketch, data)), Sketch | DecodeError)


@given(st.binary(max_size=600))
@settings(deadline=None, max_examples=100)
def test_other_bytes_are_refused(value: object) -> None:
    assert isinstance(decode(value), DecodeError)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_another_magic_or_version_is_refused_as_unknown(place: int) -> None:
    value = bytearray(encode_sketch(SMALL))
    value[place] ^= 0x40
    found = decode(bytes(value))
    assert isinstance(found, DecodeError)
    assert found.reason == "unknown_sketch"


@pytest.mark.parametrize("tenant", [b"\xff", b"\xed\xa0\x80"])
def test_a_tenant_that_is_not_utf8_is_refused(tenant: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_sketch(tenant, encode_sketch(SMALL))


def test_a_complaint_does_not_quote_the_record() -> None:
    marked = encode_sketch(replace(SMALL, id="zanzibar"))
    for cut in (5, 200, len(marked) - 1):
        found = decode(marked[:cut])
        assert isinstance(found, DecodeError)
        assert "zanzibar" not in str(found)


def test_a_sketch_whose_numbers_cannot_be_is_refused() -> None:
    impossible: list[dict[str, Any]] = [{name: -2} for name in COUNTS]
    impossible += [{"temperature": value} for value in (nan, inf, -inf)]
    impossible += [{"embedding": bytes(DIMENSIONS)}]
    taken = [
        fields for fields in impossible if isinstance(decode(encode_sketch(replace(SMALL, **fields))), Sketch)
    ]
    assert taken == []


def test_a_sketch_of_a_time_that_no_request_has_is_refused() -> None:
    times = [-(2**63), -1, 0, EARLIEST_MS - 1, LATEST_MS, 253_402_300_800_000, 2**63 - 1]
    assert [
        time for time in times if isinstance(decode(encode_sketch(replace(SMALL, time=time))), Sketch)
    ] == []


@pytest.mark.parametrize("signed_up", [-(2**63), MISSING, 1, EARLIEST_MS - 1, LATEST_MS, 2**63 - 1])
def test_a_sketch_of_an_account_opened_at_no_time_is_refused(signed_up: int) -> None:
    found = decode(encode_sketch(replace(SMALL, signed_up=signed_up)))
    assert isinstance(found, DecodeError)
    assert found.reason == "time_out_of_range"


@given(sketches)
@settings(deadline=None, max_examples=50)
def test_a_sketch_of_version_1_is_one_whose_account_is_unknown(sketch: Sketch) -> None:
    bare = replace(sketch, account=0, signed_up=0, origin=replace(sketch.origin, part=0))
    old = of_version_1(bare)
    assert len(old) == len(encode_sketch(bare)) - 20
    assert decode_sketch(bare.tenant.encode(), old) == bare
    assert current(old) == encode_sketch(bare) == current(encode_sketch(bare))


@given(sketches)
@settings(deadline=None, max_examples=50)
def test_a_sketch_of_version_2_is_the_first_event_of_its_record(sketch: Sketch) -> None:
    first = replace(sketch, origin=replace(sketch.origin, part=0))
    old = of_version_2(first)
    assert len(old) == len(encode_sketch(first)) - 4
    assert decode_sketch(first.tenant.encode(), old) == first
    assert current(old) == encode_sketch(first)


@pytest.mark.parametrize("older", [of_version_1, of_version_2])
@given(sketches, st.data())
@settings(deadline=None, max_examples=50)
def test_a_sketch_of_an_older_version_that_ends_early_or_goes_on_is_refused(
    older: Callable[[Sketch], bytes], sketch: Sketch, data: st.DataObject
) -> None:
    old = older(sketch)
    cut = data.draw(st.integers(0, len(old) - 1))
    assert isinstance(decode(old[:cut]), DecodeError)
    assert isinstance(decode(old + b"x"), DecodeError)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": "r" * 257},
        {"origin": Origin("t" * 250, 0, 1)},
        {"origin": Origin("t", -1, 1)},
        {"origin": Origin("t", 0, -1)},
        {"origin": Origin("t", 0, 1, -1)},
    ],
)
def test_a_sketch_of_an_impossible_name_or_place_is_refused(fields: dict[str, Any]) -> None:
    assert isinstance(decode(encode_sketch(replace(SMALL, **fields))), DecodeError)


@pytest.mark.parametrize("tenant", [b"", b"t" * 257, b"t" * 100_000])
def test_a_tenant_of_no_bytes_or_too_many_is_refused(tenant: bytes) -> None:
    with pytest.raises(DecodeError, match="1 to 256 bytes"):
        decode_sketch(tenant, encode_sketch(SMALL))


@given(sketches)
@settings(deadline=None, max_examples=150)
def test_every_signal_survives_every_sketch(sketch: Sketch) -> None:
    for signal in (kind() for kind in SIGNALS):
        signal.score_one(sketch)
        signal.learn_one(sketch)
        signal.observe_one(sketch)


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_of_the_request_is_in_its_sketch(name: str) -> None:
    text = "".join(chr(97 + (7 * place) % 26) for place in range(18)) + " Zanzibar's 4 quokkas"
    event = RequestEvent(id="r1", time=TIME, tenant="acme", operation="chat", **{name: f"{text} {text}"})
    encoded = encode_sketch(Sketcher(HashedEmbedder()).sketch_many([event], [ORIGIN])[0])
    leaks = [text[at : at + WINDOW] for at in range(len(text) - WINDOW)]
    assert not [leak for leak in leaks if leak.encode() in encoded or leak.lower().encode() in encoded]


def mutated(sketch: Sketch, data: st.DataObject) -> bytes:
    """The bytes of a sketch with some of them changed, the magic left as it is."""
    value = bytearray(encode_sketch(sketch))
    for place in data.draw(st.lists(st.integers(4, len(value) - 1), min_size=1, max_size=6)):
        value[place] = data.draw(st.integers(0, 255))
    return bytes(value)
