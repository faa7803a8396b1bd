"""Whatever a record holds, an adapter returns requests that the native format would take, or its error."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DecodeError
from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS
from models.native import InputLimits, decode_native
from tests.models.formats.encoded import RECORDS, options

names = pytest.mark.parametrize("name", ADAPTERS)
SOURCES = {name: orjson.loads(value) for name, value in RECORDS.items() if name != "otlp_proto"}
words = st.sampled_from(
    ["role", "type", "text", "content", "parts", "id", "stringValue", "key", "value", "user"]
)
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def decoded(name: str, value: bytes) -> list[RequestEvent | DecodeError]:
    """What an adapter says of a record, an error for the whole of it included."""
    given_ = AdapterOptions(options(name).tenant, options(name).fields, InputLimits(embedding_size=4))
    try:
        return ADAPTERS[name].decode(value, given_)
    except DecodeError as error:
        return [error]


def check(found: list[RequestEvent | DecodeError]) -> None:
    """A request is one that the native format would take, to the same."""
    for event in found:
        if isinstance(event, RequestEvent):
            said = {field.name: getattr(event, field.name) for field in fields(event)}
            record = json.dumps({key: held for key, held in said.items() if held is not None})
            assert decode_native(record.encode(), InputLimits(embedding_size=4)) == event


@names
@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(name: str, value: bytes) -> None:
    check(decoded(name, value))


@names
@given(odd)
def test_any_json_is_understood_or_refused(name: str, value: Any) -> None:
    check(decoded(name, orjson.dumps(value)))


@pytest.mark.parametrize("name", SOURCES)
@given(st.data())
def test_a_record_with_anything_in_any_place_is_understood_or_refused(name: str, data: st.DataObject) -> None:
    record = orjson.loads(RECORDS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        record = changed(record, data)
    check(decoded(name, orjson.dumps(record)))


def changed(tree: Any, data: st.DataObject) -> Any:
    """The same tree with something else in one place."""
    inside = (
        list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    )
    if not inside or data.draw(st.integers(0, 9)) == 0:
        return data.draw(odd)
    place = data.draw(st.sampled_from(inside))
    tree[place] = changed(tree[place], data)
    return tree


@given(st.data())
def test_a_damaged_record_of_protobuf_is_understood_or_refused(data: st.DataObject) -> None:
    value = bytearray(RECORDS["otlp_proto"])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(value)))
        value[at : at + data.draw(st.sampled_from([0, 1, 4]))] = data.draw(st.binary(max_size=5))
    check(decoded("otlp_proto", bytes(value)))
