"""What is read from a topic: a tuple, so that a batch is turned into columns at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

Headers = Sequence[tuple[str, bytes | None]]
_OFFSET = attrgetter("offset")


class Record(NamedTuple):
    """One record, with the names that aiokafka gives to what it holds.

    Parameters
    ----------
    timestamp
        In Unix milliseconds; 0 or less where the record has none.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()


class RecordColumns(NamedTuple):
    """The same of many records, each field of all of them."""

    topics: Sequence[str] = ()
    partitions: Sequence[int] = ()
    offsets: Sequence[int] = ()
    timestamps: Sequence[int] = ()
    keys: Sequence[bytes | None] = ()
    values: Sequence[bytes | None] = ()
    headers: Sequence[Headers] = ()


def columns_of(records: Sequence[Record]) -> RecordColumns:
    """Turn records into columns."""
    return RecordColumns(*zip(*records, strict=True))


def from_offset(records: Sequence[Record], offset: int) -> Sequence[Record]:
    """Return those of a partition's records, which are in order, that are not below an offset."""
    return records[bisect_left(records, offset, key=_OFFSET) :]
