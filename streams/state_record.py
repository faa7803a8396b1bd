"""Records of the state topic: an envelope around a tenant's snapshot or a partition's own record.

The envelope says at which position of the input its writer stood. Of two records with one key the one with
the higher position is the newer, whichever came later: a worker that was cut off and woke up again writes old
news, and the reader must not fall for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Any

import google_crc32c
import orjson

from models.errors import SnapshotError
from models.sketch import MAX_OFFSET

OWN_KEY = b"\xff"
"""How the keys of records begin that are no tenant's: not valid UTF-8, so no tenant can have it."""

PARTITION_KEY = OWN_KEY + b"partition"
"""Key of a partition's own record."""

TEMPLATE_KEY = OWN_KEY + b"template-"
"""How the keys of templates begin; their hashes follow."""

NO_MARK = (-1, -1)
"""Below the mark of any partition of a source."""

_HEADER = Struct("<2sBqq")
_CRC = Struct("<I")
_START = _HEADER.size + _CRC.size
_MAGIC = b"DS"
_VERSION = 2


@dataclass(frozen=True, slots=True)
class StateRecord:
    """What stands on the state topic under a key.

    Parameters
    ----------
    position
        Offset of the input record that the writer would have read next.
    time
        Latest event time that the writer had seen, in Unix milliseconds.
    body
        A snapshot. Empty when there was one that was too large to be written: such a tenant starts cold.
    """

    position: int
    time: int
    body: bytes


@dataclass(slots=True)
class PartitionRecord:
    """How far a partition has been processed.

    Parameters
    ----------
    position
        Offset of the first input record that is in no snapshot.
    time
        Latest event time seen, in Unix milliseconds.
    marks
        For each partition of a source topic, the highest source offset that was applied, and which of the
        events of its record was applied last.
    """

    position: int = 0
    time: int = 0
    marks: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)


def encode_state(record: StateRecord) -> bytes:
    """Encode for the state topic."""
    header = _HEADER.pack(_MAGIC, _VERSION, record.position, record.time)
    return b"".join((header, _CRC.pack(_checksum(header, record.body)), record.body))


def decode_state(value: bytes) -> StateRecord:
    """Decode a value of the state topic.

    Raises
    ------
    SnapshotError
        It is too short, not ours, of another version, or damaged.
    """
    if len(value) < _START:
        raise SnapshotError("a record of the state topic is too short")
    magic, version, position, time = _HEADER.unpack_from(value)
    if magic != _MAGIC or version != _VERSION:
        raise SnapshotError(f"a record of the state topic is not of version {_VERSION}")
    header, body = value[: _HEADER.size], value[_START:]
    if _CRC.unpack_from(value, _HEADER.size)[0] != _checksum(header, body):
        raise SnapshotError("a record of the state topic is damaged: its CRC-32C does not fit")
    if position < 0 or time < 0:
        raise SnapshotError("a record of the state topic has a position or a time below 0")
    return StateRecord(position, time, body)


def _checksum(header: bytes, body: bytes) -> int:
    return int(google_crc32c.extend(google_crc32c.value(header), body))


def close_partition(record: PartitionRecord) -> StateRecord:
    """Put a partition's own record into its envelope.

    A part of 0 is left out: so it was written when a record held one event.
    """
    marks = [[*source, *(mark if mark[1] else mark[:1])] for source, mark in sorted(record.marks.items())]
    return StateRecord(record.position, record.time, orjson.dumps(marks))


def open_partition(record: StateRecord) -> PartitionRecord:
    """Read a partition's own record.

    Raises
    ------
    SnapshotError
        The marks are not ours.
    """
    try:
        rows = orjson.loads(record.body)
        marks = {(topic, number): (offset, *part) for topic, number, offset, *part in rows}
    except (ValueError, TypeError):
        raise SnapshotError("the marks of a partition's record cannot be read") from None
    if not all(map(_is_mark, marks.items())):
        raise SnapshotError("the marks of a partition's record are not places on topics")
    return PartitionRecord(record.position, record.time, {source: (*m, 0)[:2] for source, m in marks.items()})


def _is_mark(mark: tuple[tuple[Any, Any], tuple[Any, ...]]) -> bool:
    (topic, partition), place = mark
    numbers = (partition, *place)
    whole = all(type(number) is int and 0 <= number <= MAX_OFFSET for number in numbers)
    return isinstance(topic, str) and whole and len(place) <= len(NO_MARK)
