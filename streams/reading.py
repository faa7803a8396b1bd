"""From records to sketches: what both stages do first with a batch, and what becomes of bad records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.columns import Columns, Decoded, Origins
from models.errors import DecodeError
from models.event import LATEST_MS
from models.requests import Requests, decode_table, table_of
from models.sketcher import Sketcher
from models.wire import joined
from streams.cloudevents_in import completed
from streams.dead_letters import DeadLetter, dead_letter
from streams.envelopes import Opened, Schemas, frame_of, open_all
from streams.formats import NATIVE, Decode
from streams.framing import SchemaKey
from streams.population_records import MARK_KEY, Mark, read_mark
from streams.record import Record, columns_of

NO_LIMIT = LATEST_MS
SKETCHES = "sketch"
"""The format of the sketch topic, as dead letters name it."""

RUN_RECORDS = 512
"""Records that are decoded together; more of them no longer fit the processor's cache."""

RUN_BYTES = 1_048_576
"""Of their values; as objects they may take fifty times as much memory for a moment."""


@dataclass(slots=True)
class Batch:
    """What a batch of records said.

    Parameters
    ----------
    offsets
        Of the requests' records in the topic that was read, in its order.
    requests
        Themselves.
    dead_letters
        Records that were not understood.
    empty
        Number of tombstones and empty values, which say nothing.
    marks
        What intake says of how far the partitions of the source are.
    """

    offsets: list[int]
    requests: Requests
    dead_letters: list[DeadLetter] = field(default_factory=list)
    empty: int = 0
    marks: list[Mark] = field(default_factory=list)


class FetchedSchemas(Schemas, Protocol):
    """Schemas that are fetched before they are needed."""

    async def fetch(self, schemas: AbstractSet[SchemaKey]) -> None:
        """Fetch those that are not known yet; raises `BrokerError`."""


class Reader(Protocol):
    """Reads records of one topic for the detector; no record can make it fail.

    Parameters
    ----------
    form
        Name of the format, as dead letters give it.
    """

    form: str

    async def prepare(self, records: Sequence[Record]) -> None:
        """Get what is needed to read these records, before they are read."""

    def read(self, records: Sequence[Record]) -> Batch:
        """Read each record."""


class SketchReader:
    """Reads the sketch topic."""

    form = SKETCHES

    async def prepare(self, records: Sequence[Record]) -> None:
        """Need nothing."""

    def read(self, records: Sequence[Record]) -> Batch:
        """Decode each record."""
        full = [record for record in records if record.value]
        keyed, told, keys = full, list[Record](), [record.key or b"" for record in full]
        if b"" in keys or MARK_KEY in b"".join(keys):
            told = [record for record in full if (record.key or b"").startswith(MARK_KEY)]
            keyed = [one for one in full if one.key is not None and not one.key.startswith(MARK_KEY)]
            keys = [record.key or b"" for record in keyed]
        requests, kept, failures = decode_table(keys, [record.value or b"" for record in keyed])
        errors: dict[int, Exception] = {keyed[place].offset: error for place, error in failures.items()}
        if len(keyed) + len(told) < len(full):
            missing = DecodeError("missing_key", "a sketch has its tenant as key")
            errors |= {record.offset: missing for record in full if record.key is None}
        marks = _marks(told, errors)
        refused = [record for record in full if record.offset in errors] if errors else []
        letters = [dead_letter(record, errors[record.offset], "detect", SKETCHES) for record in refused]
        empty = len(records) - len(full)
        return Batch([keyed[place].offset for place in kept], requests, letters, empty, marks)


def _marks(records: Sequence[Record], errors: dict[int, Exception]) -> list[Mark]:
    """Read marks; one that cannot be read adds to the errors, by its offset."""
    marks = []
    for record in records:
        try:
            marks.append(read_mark(record.key or b"", record.value or b""))
        except DecodeError as error:
            errors[record.offset] = error
    return marks


class RequestReader:
    """Reads the source topic, also for the detector at once: decodes, validates and sketches.

    Parameters
    ----------
    decode
        Of the source's format.
    sketcher
        Takes a batch at a time; a batch that it refuses is halved until the culprit stands alone.
    max_ahead_ms
        How far the time of an event may be ahead of the timestamp of its record, in milliseconds: one that
        is years ahead would make its tenant look idle for years.
    form
        Name of the source's format.
    schemas
        Of the registry, where there is one.
    """

    def __init__(
        self,
        decode: Decode,
        sketcher: Sketcher,
        max_ahead_ms: int = NO_LIMIT,
        form: str = NATIVE,
        schemas: FetchedSchemas | None = None,
    ) -> None:
        self._decode = decode
        self._sketcher = sketcher
        self._max_ahead_ms = min(max_ahead_ms, NO_LIMIT)
        self.form = form
        self._schemas = schemas

    async def prepare(self, records: Sequence[Record]) -> None:
        """Fetch the schemas that the records name and that are not known yet.

        Raises
        ------
        BrokerError
            The registry does not answer, or refuses us. Nothing was read.
        """
        if self._schemas is not None:
            await self._schemas.fetch({frame.schema for record in records if (frame := frame_of(record))})

    def read(self, records: Sequence[Record]) -> Batch:
        """Decode and sketch each record."""
        return _joined([self._survive(run) for run in _runs(records)])

    def _survive(self, records: Sequence[Record]) -> Batch:
        try:
            return self._read(records)
        except Exception as error:  # noqa: BLE001 - no record may stop the stream
            if len(records) == 1:
                return Batch([], table_of([]), [dead_letter(records[0], error, "intake", self.form)])
        middle = len(records) // 2
        return _joined([self._survive(half) for half in (records[:middle], records[middle:])])

    def _read(self, records: Sequence[Record]) -> Batch:
        fetched = sources = columns_of(records)
        opened = open_all(fetched.values, fetched.headers, self.form, self._schemas)
        decoded = self._decoded(opened)
        if decoded.places != list(range(len(records))):
            sources = columns_of([records[place] for place in decoded.places])
        origins = Origins(sources.topics, sources.partitions, sources.offsets, decoded.parts)
        requests, offsets = self._sketcher.table(decoded.columns, origins), sources.offsets
        failures, wrong = {**decoded.failures, **opened.failures}, dict(decoded.wrong)
        future = self._future(sources.timestamps, decoded.columns)
        if future:
            for place in map(decoded.places.__getitem__, sorted(future)):
                wrong[place] = wrong.get(place, 0) + 1
                failures.setdefault(place, _in_future())
            known = sorted(set(range(len(offsets))) - future)
            requests, offsets = requests.taken(known), [offsets[k] for k in known]
        letters = [
            dead_letter(records[place], failures[place], "intake", self.form, wrong.get(place, 1))
            for place in sorted(failures)
        ]
        empty = decoded.empty - len(opened.failures)
        return Batch(list(offsets), requests, letters, empty)

    def _decoded(self, opened: Opened) -> Decoded:
        """Decode values; where a native event lacks what its CloudEvent says, that is put in."""
        decoded = self._decode(opened.values)
        if not opened.attributes or self.form != NATIVE:
            return decoded
        lacking = [place for place in decoded.failures if place in opened.attributes]
        for place in lacking:
            opened.values[place] = completed(opened.values[place] or b"", opened.attributes[place])
        return self._decode(opened.values) if lacking else decoded

    def _future(self, timestamps: Sequence[int], columns: Columns) -> set[int]:
        """Return the places of requests whose time is too far ahead; of some records no time is known."""
        written = np.array(timestamps, np.int64)
        ahead = (written > 0) & (written < columns.times - self._max_ahead_ms)
        return set(np.flatnonzero(ahead).tolist())


def _in_future() -> DecodeError:
    return DecodeError("time_in_future", "'time' is too far ahead of the record's own timestamp")


def _runs(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Split records so that none of the runs is too large."""
    sizes = [len(record.value or b"") for record in records]
    start, run = 0, 0
    if len(sizes) > RUN_RECORDS or sum(sizes) > RUN_BYTES:
        for place, size in enumerate(sizes):
            if place > start and (run + size > RUN_BYTES or place - start == RUN_RECORDS):
                yield records[start:place]
                start, run = place, 0
            run += size
    yield records[start:]


def _joined(batches: Sequence[Batch]) -> Batch:
    """Return what several runs of records said."""
    return Batch(
        [offset for batch in batches for offset in batch.offsets],
        joined([batch.requests for batch in batches]),
        [letter for batch in batches for letter in batch.dead_letters],
        sum(batch.empty for batch in batches),
    )
