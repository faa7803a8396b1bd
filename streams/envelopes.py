"""Takes off what stands around the values of records: a schema registry's frame, a CloudEvent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.errors import DecodeError
from streams.cloudevents_in import Attributes, binary_attributes, is_structured, unwrap
from streams.framing import SCHEMA_HEADER, Framed, SchemaKey, protobuf_begin, read_frame
from streams.record import Headers, Record

_PROTOBUF = "otlp_proto"
_CONTENT_TYPE = "content-type"
_JSON_BEGINS = b"{["
LONGEST_ENVELOPE = 16_384
"""Bytes of a record's own headers that its dead letter has room for."""

_NEEDS_REGISTRY = "the value is framed by a schema registry and is no JSON; for Avro set schema_registry.url"


class Schemas(Protocol):
    """Knows schemas that were fetched before."""

    def to_json(self, schema: SchemaKey, payload: bytes) -> bytes:
        """Return a payload as JSON; raises `DecodeError`."""


@dataclass(slots=True)
class Opened:
    """Values without what stood around them.

    Parameters
    ----------
    values
        Of each record; nothing where its envelope could not be opened.
    failures
        By place, why not.
    attributes
        By place, what a CloudEvent says of the request in it.
    """

    values: list[bytes | None]
    failures: dict[int, Exception] = field(default_factory=dict)
    attributes: dict[int, Attributes] = field(default_factory=dict)


def open_all(
    values: Sequence[bytes | None], headers: Sequence[Headers], form: str, schemas: Schemas | None = None
) -> Opened:
    """Open the envelopes of records, as far as there are any: with headers, or a frame's first byte.

    Parameters
    ----------
    values, headers
        Of each record.
    form
        Name of the input format.
    schemas
        Where Avro is read; every schema that the records name has been fetched.
    """
    opened = Opened(list(values))
    for place in _enveloped(values, headers):
        try:
            value, attributes = _open(values[place] or b"", dict(headers[place]), form, schemas)
        except DecodeError as error:
            opened.values[place], opened.failures[place] = None, error
            continue
        opened.values[place] = value
        if attributes:
            opened.attributes[place] = attributes
    return opened


def _enveloped(values: Sequence[bytes | None], headers: Sequence[Headers]) -> list[int]:
    """Return the places of values that may stand in an envelope."""
    if any(headers):
        return [place for place, value in enumerate(values) if value and (headers[place] or not value[0])]
    return [place for place, value in enumerate(values) if value and not value[0]]


def envelope_of(record: Record) -> tuple[tuple[str, bytes], ...]:
    """Return a record's headers that say how its value is to be read, none where they are too long."""
    told = tuple(
        (name, value)
        for name, value in record.headers
        if value and (name in {SCHEMA_HEADER, _CONTENT_TYPE} or name.startswith("ce_"))
    )
    return told if sum(len(name) + len(value) for name, value in told) <= LONGEST_ENVELOPE else ()


def frame_of(record: Record) -> Framed | None:
    """Return a record's frame, nothing where it has none or one that cannot be read."""
    try:
        return read_frame(record.value or b"", dict(record.headers).get(SCHEMA_HEADER))
    except DecodeError:
        return None


def _open(
    value: bytes, headers: Mapping[str, bytes | None], form: str, schemas: Schemas | None
) -> tuple[bytes, Attributes | None]:
    frame = read_frame(value, headers.get(SCHEMA_HEADER))
    if frame is not None:
        value = _unframed(value, frame, form, schemas)
    content_type = headers.get(_CONTENT_TYPE) or headers.get("Content-Type") or b""
    return unwrap(value, content_type) if is_structured(content_type) else (value, binary_attributes(headers))


def _unframed(value: bytes, frame: Framed, form: str, schemas: Schemas | None) -> bytes:
    if form == _PROTOBUF:
        return value[protobuf_begin(value, frame) :]
    payload = value[frame.begin :]
    if schemas is not None:
        return schemas.to_json(frame.schema, payload)
    if payload.lstrip()[:1] not in _JSON_BEGINS:
        raise DecodeError("needs_registry", _NEEDS_REGISTRY)
    return payload
