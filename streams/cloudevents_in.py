"""CloudEvents 1.0 around requests, by the Kafka protocol binding: in headers, or the whole event as JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from models.errors import DecodeError

_STRUCTURED = b"application/cloudevents"
_AS_JSON = b"application/cloudevents+json"
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")


class Attributes(NamedTuple):
    """What the envelope says that a request may lack: its id, and its time as RFC 3339."""

    id: str | None
    time: str | None


def is_structured(content_type: bytes) -> bool:
    """Tell whether the value is the whole event; the binding goes by the content type alone."""
    return content_type[: len(_STRUCTURED)].lower() == _STRUCTURED


def binary_attributes(headers: Mapping[str, bytes | None]) -> Attributes | None:
    """Return what the headers of an event in binary mode say, nothing where it is none."""
    if not all(headers.get(name) for name in _REQUIRED):
        return None
    return Attributes(_text(headers.get("ce_id")), _text(headers.get("ce_time")))


def unwrap(value: bytes, content_type: bytes) -> tuple[bytes, Attributes]:
    """Return the data of an event in structured mode, and what it says of itself.

    Raises
    ------
    DecodeError
        It is no event in the JSON format, or is nested too deeply.
    """
    media = content_type.split(b";")[0].strip().lower()
    if media != _AS_JSON:
        raise _broken("only application/cloudevents+json is understood in structured mode")
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise _broken("the value is not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("specversion"), str):
        raise _broken("the value is not an object with 'specversion'")
    return _data(event), Attributes(_string(event.get("id")), _string(event.get("time")))


def completed(value: bytes, attributes: Attributes) -> bytes:
    """Return a native event with the envelope's id and time where it has none of its own.

    Raises
    ------
    DecodeError
        It is nested too deeply.
    """
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    if not isinstance(event, dict):
        return value
    for name, given in attributes._asdict().items():
        if given and event.get(name) is None:
            event[name] = given
    return _written(event)


def _data(event: dict[str, Any]) -> bytes:
    encoded, data = event.get("data_base64"), event.get("data")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise _broken("'data_base64' is not base64") from None
    if isinstance(data, str) and not _is_json(event.get("datacontenttype")):
        return data.encode()
    return b"" if data is None else _written(data)


def _written(value: Any) -> bytes:
    """Write what orjson has read: it reads 1,024 levels of nesting and writes 254."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        pass
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise DecodeError("bad_cloudevent", "the event is nested too deeply") from None


def _is_json(media: Any) -> bool:
    """Tell whether data is JSON, which it is where nothing is said; a text of it is then a JSON text."""
    return media is None or (isinstance(media, str) and media.split(";")[0].strip().lower().endswith("json"))


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value else None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _broken(detail: str) -> DecodeError:
    return DecodeError("bad_cloudevent", f"the content type says CloudEvents, but {detail}")
