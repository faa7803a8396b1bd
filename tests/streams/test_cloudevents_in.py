"""CloudEvents around requests."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DecodeError
from streams.cloudevents_in import Attributes, binary_attributes, completed, is_structured, unwrap

JSON = b"application/cloudevents+json"
EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/gateway",
    "type": "request",
    "time": "2026-03-04T00:00:00Z",
}
SAID = Attributes("e1", "2026-03-04T00:00:00Z")


def structured(**fields: Any) -> bytes:
    return orjson.dumps(EVENT | fields)


@pytest.mark.parametrize("media", [JSON, b"Application/CloudEvents+JSON; charset=utf-8"])
def test_the_data_of_a_structured_event_is_taken_out(media: bytes) -> None:
    assert is_structured(media)
    assert unwrap(structured(data={"a": [1]}), media) == (b'{"a":[1]}', SAID)
    assert unwrap(structured(data_base64=base64.b64encode(b"\0\1").decode()), media) == (b"\0\1", SAID)
    assert unwrap(structured(), media) == (b"", SAID)


def test_a_text_is_data_as_it_is_unless_it_is_json() -> None:
    assert unwrap(structured(data="a,b", datacontenttype="text/csv"), JSON)[0] == b"a,b"
    assert unwrap(structured(data="a,b", datacontenttype="application/json"), JSON)[0] == b'"a,b"'
    assert unwrap(structured(data="a,b"), JSON)[0] == b'"a,b"'


def test_other_content_types_are_no_structured_events() -> None:
    assert not is_structured(b"application/json")
    assert not is_structured(b"")


@pytest.mark.parametrize(
    ("value", "media"),
    [
        (structured(), b"application/cloudevents-batch+json"),
        (structured(), b"application/cloudevents+avro"),
        (b"{", JSON),
        (b"[]", JSON),
        (b'{"id":"e1"}', JSON),
        (structured(data_base64="%"), JSON),
        (structured(data_base64=7), JSON),
    ],
)
def test_what_is_no_event_is_refused(value: bytes, media: bytes) -> None:
    with pytest.raises(DecodeError, match="bad_cloudevent"):
        unwrap(value, media)


def test_an_event_in_binary_mode_is_told_by_its_required_headers() -> None:
    headers = {"ce_specversion": b"1.0", "ce_id": b"e1", "ce_source": b"/g", "ce_type": b"request"}
    assert binary_attributes(headers) == Attributes("e1", None)
    assert binary_attributes(headers | {"ce_time": b"2026-03-04T00:00:00Z"}) == SAID
    assert binary_attributes({**headers, "ce_type": None}) is None
    assert binary_attributes({"traceparent": b"00"}) is None


def test_a_native_event_keeps_what_it_says_and_takes_the_rest_from_its_envelope() -> None:
    assert orjson.loads(completed(b'{"id":"own","tenant":"t"}', SAID)) == {
        "id": "own",
        "tenant": "t",
        "time": "2026-03-04T00:00:00Z",
    }
    for other in (b"[]", b"{", b"7"):
        assert completed(other, SAID) == other


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_data_that_is_nested_deeply_is_read_as_it_is_without_an_envelope() -> None:
    data = b'{"a":' + nested(600) + b"}"
    taken, _ = unwrap(b'{"specversion":"1.0","data":' + data + b"}", JSON)
    assert taken.replace(b" ", b"") == data
    assert completed(data, SAID).replace(b" ", b"").startswith(data[:-1] + b',"id":"e1"')


def test_data_that_is_nested_too_deeply_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise RecursionError

    monkeypatch.setattr(json, "dumps", refuse)
    with pytest.raises(DecodeError, match=r"bad_cloudevent.*nested too deeply"):
        unwrap(b'{"specversion":"1.0","data":' + nested(600) + b"}", JSON)


@given(st.binary(max_size=200), st.sampled_from([JSON, b"application/cloudevents"]))
def test_any_bytes_are_an_event_or_refused(value: bytes, media: bytes) -> None:
    with suppress(DecodeError):
        unwrap(value, media)
