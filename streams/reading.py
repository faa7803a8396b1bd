"""From records to sketches: what both stages do first with a batch, and what becomes of bad records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from models.errors import DecodeError
from models.event import RequestEvent
from models.requests import Requests, decode_table, table_of
from models.sketch import Origin, Sketch
from models.sketcher import Sketcher
from streams.dead_letters import DeadLetter, dead_letter
from streams.formats import Decode
from streams.population_records import MARK_KEY, Mark, read_mark

NO_LIMIT = 2**63


@dataclass(slots=True)
class Reading:
    """What a batch of records said.

    Parameters
    ----------
    sketches
        With the offset of their record in the topic that was read, in its order.
    dead_letters
        Records that were not understood.
    empty
        Number of tombstones and empty values, which say nothing.
    """

    sketches: list[tuple[int, Sketch]] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    empty: int = 0


@dataclass(slots=True)
class Batch:
    """What a batch of records said, as the detector reads it.

    Parameters
    ----------
    offsets
        Of the requests' records in the topic that was read, in its order.
    requests
        Themselves.
    dead_letters, empty
        See `Reading`.
    marks
        What intake says of how far the partitions of the source are.
    """

    offsets: list[int]
    requests: Requests
    dead_letters: list[DeadLetter] = field(default_factory=list)
    empty: int = 0
    marks: list[Mark] = field(default_factory=list)


class Reader(Protocol):
    """Reads records of one topic for the detector; no record can make it fail."""

    def read(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Read each record."""


class SketchReader:
    """Reads the sketch topic."""

    def read(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Decode each record."""
        full = [record for record in records if record.value]
        told = [record for record in full if record.key is not None and record.key.startswith(MARK_KEY)]
        keyed = [record for record in full if not (record.key is None or record.key.startswith(MARK_KEY))]
        requests, kept, failures = decode_table(
            [record.key for record in keyed], [record.value for record in keyed]
        )
        errors: dict[int, Exception] = {keyed[place].offset: error for place, error in failures.items()}
        missing = DecodeError("missing_key", "a sketch has its tenant as key")
        errors |= {record.offset: missing for record in full if record.key is None}
        marks = _marks(told, errors)
        refused = [record for record in full if record.offset in errors] if errors else []
        letters = [dead_letter(record, errors[record.offset], "detect") for record in refused]
        empty = len(records) - len(full)
        return Batch([keyed[place].offset for place in kept], requests, letters, empty, marks)


def _marks(records: Sequence[ConsumerRecord], errors: dict[int, Exception]) -> list[Mark]:
    """Read marks; one that cannot be read adds to the errors, by its offset."""
    marks = []
    for record in records:
        try:
            marks.append(read_mark(record.key, record.value))
        except DecodeError as error:
            errors[record.offset] = error
    return marks


class FusedReader:
    """Reads a source topic that is keyed by tenant, for the detector at once."""

    def __init__(self, requests: RequestReader) -> None:
        self._requests = requests

    def read(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Decode and sketch each record."""
        reading = self._requests.read(records)
        offsets = [offset for offset, _ in reading.sketches]
        requests = table_of([sketch for _, sketch in reading.sketches])
        return Batch(offsets, requests, reading.dead_letters, reading.empty)


class RequestReader:
    """Reads the source topic: decodes, validates and sketches.

    Parameters
    ----------
    decode
        Of the source's format.
    sketcher
        Takes a batch at a time; a batch that it refuses is taken one by one to find the culprit.
    max_ahead_ms
        How far the time of an event may be ahead of the timestamp of its record, in milliseconds: one that
        is years ahead would make its tenant look idle for years.
    """

    def __init__(self, decode: Decode, sketcher: Sketcher, max_ahead_ms: int = NO_LIMIT) -> None:
        self._decode = decode
        self._sketcher = sketcher
        self._max_ahead_ms = max_ahead_ms

    def read(self, records: Sequence[ConsumerRecord]) -> Reading:
        """Decode and sketch each record."""
        reading = Reading()
        understood: list[tuple[ConsumerRecord, RequestEvent]] = []
        for record in records:
            try:
                event = self._decode(record.value)
                self._refuse_future(record, event)
            except Exception as error:  # noqa: BLE001 - no record may stop the stream
                reading.dead_letters.append(dead_letter(record, error, "intake"))
                continue
            if event is None:
                reading.empty += 1
            else:
                understood.append((record, event))
        self._sketch(understood, reading)
        return reading

    def _refuse_future(self, record: ConsumerRecord, event: RequestEvent | None) -> None:
        if event is not None and 0 < record.timestamp < event.time - self._max_ahead_ms:
            raise DecodeError("time_in_future", "'time' is too far ahead of the record's own timestamp")

    def _sketch(self, understood: Sequence[tuple[ConsumerRecord, RequestEvent]], reading: Reading) -> None:
        if not understood:
            return
        origins = [Origin(record.topic, record.partition, record.offset) for record, _ in understood]
        try:
            sketches = self._sketcher.sketch_many([event for _, event in understood], origins)
        except Exception as error:  # noqa: BLE001 - no record may stop the stream
            if len(understood) == 1:
                reading.dead_letters.append(dead_letter(understood[0][0], error, "intake"))
                return
            for pair in understood:
                self._sketch([pair], reading)
            return
        reading.sketches += [
            (record.offset, sketch) for (record, _), sketch in zip(understood, sketches, strict=True)
        ]
