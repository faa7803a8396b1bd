"""The frames that a schema registry's clients put around values: which schema, and where the payload is.

As documented for Confluent's registry and understood by those that copy it: a zero byte and the schema's id
in four bytes before the payload; or, in the header `__value_schema_id`, a zero byte and the id, or a one and
the 16 bytes of its GUID, with nothing before the payload. Protobuf says besides which message of the schema
it is: a list of numbers as zigzag varints, the count first, or a single zero for the first message.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from models.errors import DecodeError

SCHEMA_HEADER = "__value_schema_id"
_ID_FRAME, _GUID_FRAME = 0, 1
_ID_BYTES, _GUID_BYTES = 5, 17
_MOST_INDICES = 32

SchemaKey = int | str
"""A schema's id, or its GUID in lower case."""


class Framed(NamedTuple):
    """What a frame says.

    Parameters
    ----------
    schema
        Which schema the payload is written with.
    begin
        Where the payload begins in the value; a Protobuf's indices may stand there first.
    indexed
        Whether they have been read already, in the header.
    """

    schema: SchemaKey
    begin: int
    indexed: bool = False


def read_frame(value: bytes, header: bytes | None) -> Framed | None:
    """Return the frame of a value, nothing where there is none.

    Parameters
    ----------
    header
        The value of the header `__value_schema_id`, if the record has it.

    Raises
    ------
    DecodeError
        The frame is cut short.
    """
    if header:
        return _of_header(header)
    if not value or value[0] != _ID_FRAME:
        return None
    if len(value) < _ID_BYTES:
        raise DecodeError(
            "bad_frame", "the value begins as one of a schema registry and ends within its frame"
        )
    return Framed(int.from_bytes(value[1:_ID_BYTES], "big"), _ID_BYTES)


def _of_header(header: bytes) -> Framed:
    if header[0] == _ID_FRAME and len(header) >= _ID_BYTES:
        return Framed(int.from_bytes(header[1:_ID_BYTES], "big"), 0, indexed=len(header) > _ID_BYTES)
    if header[0] == _GUID_FRAME and len(header) >= _GUID_BYTES:
        guid = str(UUID(bytes=header[1:_GUID_BYTES]))
        return Framed(guid, 0, indexed=len(header) > _GUID_BYTES)
    raise DecodeError("bad_frame", f"the header {SCHEMA_HEADER} is neither a schema's id nor its GUID")


def protobuf_begin(value: bytes, frame: Framed) -> int:
    """Return where the message begins, behind the indices that say which of the schema's messages it is.

    Raises
    ------
    DecodeError
        The indices do not end.
    """
    if frame.indexed:
        return frame.begin
    count, at = _varint(value, frame.begin)
    if count > _MOST_INDICES:
        raise _endless()
    for _ in range(count):
        _, at = _varint(value, at)
    return at


def _varint(value: bytes, at: int) -> tuple[int, int]:
    """Read a zigzag varint that is not below zero; return it and where it ends."""
    number = shift = 0
    for place in range(at, min(at + 5, len(value))):
        number |= (value[place] & 0x7F) << shift
        if value[place] < 0x80:  # noqa: PLR2004  the highest bit says that more follows
            if number & 1:
                break
            return number >> 1, place + 1
        shift += 7
    raise _endless()


def _endless() -> DecodeError:
    return DecodeError("bad_frame", "the value's frame names no message of its Protobuf schema")
