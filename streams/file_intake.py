"""Intake without a bus: lines of files become sketches, in their order, on as many cores as there are."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from operator import attrgetter
from threading import Thread

from models.errors import DistillwatchError
from models.formats.adapter import AdapterOptions
from models.native import InputLimits
from models.sketcher import Sketcher
from models.wire import values_of
from streams.embedders import load_embedder
from streams.event_files import Line
from streams.formats import decoder
from streams.reading import RequestReader
from streams.record import Record
from streams.settings import Settings
from streams.settings_registry import SchemaRegistrySettings
from streams.source_readers import known_schemas

_TOO_LONG = "the line is longer than source.max_record_bytes"
BATCH = 512
AHEAD = 4
"""Batches in flight for each process."""


@dataclass(frozen=True, slots=True)
class IntakePlan:
    """How lines are read: the input format, the embedder, what a line may hold, and the hash key.

    Parameters
    ----------
    newest
        Event time beyond which a line is refused, in Unix milliseconds; 0 for none.
    max_ahead_ms
        In its place, of lines with a time of their own: how far an event may be ahead of it.
    tenant, fields
        Paths, as `AdapterOptions` has them; plain, since this goes to other processes.
    registry, patience
        Where schemas are fetched that records of a topic name, and seconds that it may be away.
    """

    format: str
    embedding: str
    limits: InputLimits
    hash_key: bytes = field(default=b"", repr=False)
    newest: int = 0
    max_ahead_ms: int = 0
    tenant: tuple[str, ...] = ()
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    registry: SchemaRegistrySettings = field(default_factory=SchemaRegistrySettings, repr=False)
    patience: float = 0.0

    @property
    def options(self) -> AdapterOptions:
        """What the format is told."""
        return AdapterOptions(self.tenant, dict(self.fields), self.limits)


def intake_plan(settings: Settings, newest: int) -> IntakePlan:
    """Return how lines are read as records of `source`; `newest` as in `IntakePlan`."""
    source = settings.source
    return IntakePlan(
        source.format,
        settings.embedding.kind,
        source.options(settings.embedding.size).limits,
        settings.privacy.key,
        newest,
        source.max_ahead_ms,
        source.tenant,
        tuple(source.fields.items()),
        settings.schema_registry,
        settings.kafka.request_timeout,
    )


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that cannot be understood, and why; never its text."""

    file: str
    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class SketchedLines:
    """What became of a run of lines.

    Parameters
    ----------
    records
        Key and value of every sketch as they would stand on the sketch topic, so that the detector sees
        here to the bit what it would see there.
    empty
        Blank lines.
    """

    records: list[tuple[bytes, bytes]]
    rejects: list[Reject]
    empty: int


def sketch_files(lines: Iterable[Line], plan: IntakePlan, processes: int) -> Iterator[SketchedLines]:
    """Decode and sketch lines; batches come back in the order of the lines.

    Parameters
    ----------
    processes
        How many to start; 0 works in this one.

    Raises
    ------
    DistillwatchError
        A process was ended from outside.
    """
    batches = _batches(lines)
    if processes == 0:
        yield from (sketch_lines(batch, plan) for batch in batches)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _follow_the_parent) as pool:
        waiting: deque[Future[SketchedLines]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(sketch_lines, batch, plan))
                if len(waiting) > processes * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            detail = "a sketching process was ended from outside, perhaps for lack of memory"
            raise DistillwatchError(f"{detail}; try --processes 1") from None
        finally:
            for future in waiting:
                future.cancel()


def sketch_lines(lines: list[Line], plan: IntakePlan) -> SketchedLines:
    """Decode and sketch one batch of lines.

    Raises
    ------
    BrokerError
        The schema registry does not answer, or refuses us.
    """
    reader, whole = _reader(plan), [_record(line, plan) for line in lines if line.whole]
    if plan.registry.url is not None:
        asyncio.run(reader.prepare(whole))
    reading = reader.read(whole)
    rejects = [
        Reject(line.file, line.number, "record_too_large", _TOO_LONG) for line in lines if not line.whole
    ]
    rejects += [Reject(dead.topic, dead.offset, dead.reason, dead.detail) for dead in reading.dead_letters]
    keys = [tenant.encode() for tenant in reading.requests.tenants]
    records = list(zip(keys, values_of(reading.requests), strict=True))
    return SketchedLines(records, sorted(rejects, key=attrgetter("line")), reading.empty)


def _record(line: Line, plan: IntakePlan) -> Record:
    """Dress a line up as a record of partition 0 of a topic with the file's name, unless it is one."""
    timestamp = line.timestamp + plan.max_ahead_ms if line.timestamp else plan.newest
    return Record(line.file, line.partition, line.number, timestamp, value=line.value, headers=line.headers)


def _follow_the_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@cache
def _reader(plan: IntakePlan) -> RequestReader:
    """Load the weights once a process."""
    sketcher = Sketcher(load_embedder(plan.embedding), plan.hash_key)
    schemas = known_schemas(plan.registry, plan.patience)
    return RequestReader(decoder(plan.format, plan.options), sketcher, 0, plan.format, schemas)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while batch := list(islice(iterator, BATCH)):
        yield batch
