"""Avro as JSON."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import fastavro
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DecodeError, SettingsError
from streams import avro
from streams.avro import avro_reader, require_avro

REQUEST: dict[str, Any] = {
    "type": "record",
    "name": "Request",
    "namespace": "gateway",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tenant", "type": "string"},
        {"name": "prompt", "type": ["null", "string"], "default": None},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
        {"name": "labels", "type": {"type": "map", "values": "int"}, "default": {}},
        {"name": "cost", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
        {"name": "raw", "type": "bytes"},
    ],
}
TIME = datetime(2026, 3, 4, tzinfo=UTC)
VALUE = {"id": "r", "time": TIME, "tenant": "t", "prompt": "who", "cost": Decimal("1.25"), "labels": {"a": 1}}
VALUE |= {"raw": b"\0\1"}


EMPTY: dict[str, Any] = {"type": "record", "name": "E", "fields": []}
MANY = {"name": "b", "type": {"type": "array", "items": "E"}}


def pair(number: int, inner: Any) -> dict[str, Any]:
    """A record whose two fields are of one type."""
    name = inner if isinstance(inner, str) else inner["name"]
    fields = [{"name": "a", "type": inner}, {"name": "b", "type": name}]
    return {"type": "record", "name": f"D{number}", "fields": fields}


DOUBLING: Any = "int"
for _number in range(40):
    DOUBLING = pair(_number, DOUBLING)
NESTED: Any = "int"
for _number in range(600):
    NESTED = {"type": "array", "items": NESTED}


def encoded(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def test_a_record_becomes_json_that_says_the_same() -> None:
    found = orjson.loads(avro_reader([json.dumps(REQUEST)])(encoded(REQUEST, VALUE)))
    assert found == VALUE | {"time": "2026-03-04T00:00:00+00:00", "cost": 1.25, "tags": [], "raw": "AAE="}


def test_a_schema_may_name_a_type_of_another() -> None:
    inner = {"type": "record", "name": "gateway.Who", "fields": [{"name": "team", "type": "string"}]}
    outer = {"type": "record", "name": "gateway.All", "fields": [{"name": "who", "type": "gateway.Who"}]}
    whole = {"type": "record", "name": "gateway.All", "fields": [{"name": "who", "type": inner}]}
    payload = encoded(whole, {"who": {"team": "acme"}})
    read = avro_reader([json.dumps(inner), json.dumps(outer)])
    assert orjson.loads(read(payload)) == {"who": {"team": "acme"}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]},
        {"type": "record", "name": "L", "fields": [{"name": "all", "type": {"type": "array", "items": "L"}}]},
        {"type": "record", "name": "L", "fields": [{"name": "all", "type": {"type": "map", "values": "L"}}]},
        {"type": "array", "items": "null"},
        {"type": "array", "items": {"type": "record", "name": "E", "fields": []}},
        {"type": "array", "items": {"type": "null"}},
        {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}},
        {"type": "array", "items": {"type": "fixed", "name": "F", "size": "0"}},
        {"type": "array", "items": EMPTY | {"fields": [{"name": "a", "type": "null"}]}},
        {"type": "array", "items": EMPTY | {"type": "error"}},
        {"type": "record", "name": "L", "fields": [{"name": "a", "type": EMPTY}, MANY]},
        DOUBLING,
        NESTED,
        {"type": "record", "name": "L", "fields": [{"name": "a", "type": "Unknown"}]},
        {"type": "recorded"},
    ],
)
def test_a_schema_that_few_bytes_could_make_endless_is_refused(schema: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of several
        avro_reader([json.dumps(schema)])


def test_the_same_type_twice_side_by_side_is_no_circle() -> None:
    one = {"type": "record", "name": "P", "fields": [{"name": "x", "type": "int"}]}
    fields = [{"name": "a", "type": one}, {"name": "b", "type": "P"}]
    schema = {"type": "record", "name": "Two", "fields": fields}
    value = {"a": {"x": 1}, "b": {"x": 2}}
    assert orjson.loads(avro_reader([json.dumps(schema)])(encoded(schema, value))) == value


def test_a_list_of_what_takes_a_byte_or_more_is_read() -> None:
    items = ["null", "E", {"type": "enum", "name": "X", "symbols": ["x"]}]
    fields = [{"name": "e", "type": EMPTY}, {"name": "a", "type": {"type": "array", "items": items}}]
    schema = {"type": "record", "name": "L", "fields": fields}
    value = {"e": {}, "a": [None, {}, "x"]}
    assert orjson.loads(avro_reader([json.dumps(schema)])(encoded(schema, value))) == value


@pytest.mark.parametrize("held", [{"type": "bytes"}, {"type": "fixed", "name": "F", "size": 65}])
def test_a_decimal_that_is_long_enough_to_take_long_is_refused(held: dict[str, Any]) -> None:
    schema = held | {"logicalType": "decimal", "precision": 150}
    payload = b"\x82\x01" * (held["type"] == "bytes") + b"\1" * 65
    with pytest.raises(DecodeError, match="bad_avro"):
        avro_reader([json.dumps(schema)])(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    with suppress(DecodeError):
        avro_reader([json.dumps(REQUEST)])(payload)


def test_a_value_that_is_longer_than_its_schema_says_is_refused() -> None:
    with pytest.raises(DecodeError, match="longer than its schema"):
        avro_reader([json.dumps(REQUEST)])(encoded(REQUEST, VALUE) + b"zanzibar")


def test_where_avro_cannot_be_read_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro, "fastavro", None)
    with pytest.raises(SettingsError, match=r"distillwatch\[schema-registry\]"):
        require_avro()
