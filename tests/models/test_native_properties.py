"""The native input format under whatever bytes may arrive."""

from __future__ import annotations

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DecodeError
from models.event import RequestEvent
from models.native import InputLimits, decode_native
from tests.models.drawn_records import FIELDS, any_bytes, anything, valid_fields

TIME = 1_772_582_400_000
MARK = "zanzibar-quokka"
LIMITS = InputLimits(max_text_chars=100, embedding_size=4)


def outcome(value: bytes) -> RequestEvent | DecodeError | None:
    """Decode, or return the complaint; anything else that is raised is a failure."""
    try:
        return decode_native(value, LIMITS)
    except DecodeError as error:
        return error


@given(valid_fields)
@settings(deadline=None, max_examples=150)
def test_any_valid_event_comes_back_as_it_was(fields: dict[str, Any]) -> None:
    decoded = outcome(orjson.dumps(fields))
    expected = RequestEvent(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    )
    assert decoded == expected
    assert outcome(json.dumps(fields).encode()) == expected


@given(any_bytes)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_decoded_or_refused(value: bytes) -> None:
    found = outcome(value)
    if isinstance(found, DecodeError):
        assert found.reason
        assert found.detail
        assert str(found) == f"{found.reason}: {found.detail}"


@given(valid_fields, st.data())
@settings(deadline=None, max_examples=150)
def test_bytes_changed_on_the_way_are_decoded_or_refused(fields: dict[str, Any], data: st.DataObject) -> None:
    value = bytearray(orjson.dumps(fields))
    for place in data.draw(st.lists(st.integers(0, len(value) - 1), min_size=1, max_size=4)):
        value[place] = data.draw(st.integers(0, 255))
    assert isinstance(outcome(bytes(value)), RequestEvent | DecodeError)


def marked(value: Any) -> Any:
    """The same value with a mark in each of its texts and names."""
    if isinstance(value, str):
        return f"{MARK}{value}"
    if isinstance(value, list):
        return [marked(item) for item in value]
    return {MARK + name: marked(item) for name, item in value.items()} if isinstance(value, dict) else value


@given(st.sampled_from(FIELDS), anything.map(marked), st.sampled_from(["whole", "cut", "surrogate", "deep"]))
@settings(deadline=None, max_examples=200)
def test_no_complaint_quotes_the_record(name: str, value: object, damage: str) -> None:
    text = json.dumps({"id": MARK, "time": TIME, "tenant": MARK, MARK: MARK, "prompt": MARK * 9, name: value})
    damaged = {
        "whole": text,
        "cut": text[:-3],
        "surrogate": text[:-1] + ',"x":"\\ud800"}',
        "deep": text[:-1] + ',"x":' + "[" * 2000,
    }
    error = outcome(damaged[damage].encode())
    if isinstance(error, DecodeError):
        assert MARK not in f"{error.reason} {error.detail} {error} {error!r}"
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
