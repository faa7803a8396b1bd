"""One partition of the fingerprint topic: which templates tenants share, and how far it was read.

All of it may be done twice. What is read again after a crash is passed on again, and whoever gets it knows it
already; a template that is newer than the position takes it in without a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import structlog

from models.agenda import Agenda
from models.campaign.fingerprint import Fingerprint, read_fingerprint
from models.campaign.templates import Templates
from models.codec import MOST_COUNT, Reader, Writer
from models.errors import SnapshotError
from models.fleet import LEAST_CROWD
from models.population.newcomers import BATCH_MS
from models.population.progress import Progress
from models.sketch import MAX_OFFSET
from streams.frozen import AT_ONCE, FrozenPartition, Writes
from streams.metrics import Metrics
from streams.population_records import Mark, Shared, template_key
from streams.state_record import OWN_KEY, TEMPLATE_KEY, StateRecord

log = structlog.get_logger(__name__)

POSITION_KEY = OWN_KEY + b"templates"
"""Key of the record that says how far a partition was read."""

SWEEP_EVERY_MS = 3_600_000
SWEEP_AT_ONCE = 256
"""A flood of invented templates is forgotten bit by bit; nobody waits for all of it to go."""

_NEVER = 2**62

MOST_WAITING = 262_144
"""Fingerprints that may wait while one partition stands still; beyond, nobody waits for it."""


class Records(Protocol):
    """The state records that were restored and those that are being written."""

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        """Return one record."""

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Keep or forget records."""

    def older_than(self, partition: int, time: int, most: int, kind: bytes) -> list[bytes]:
        """Return the keys of the oldest records of a kind of before a time, at most so many."""


class TemplateState:
    """The templates of one partition.

    Parameters
    ----------
    partition
        Its number.
    records
        What stands on the same partition of the state topic.
    partitions
        How many partitions are judged, whose marks stand here.
    most
        Templates that stay in memory; see `Templates`.
    memory_ms
        Event time after which a template that nobody used is forgotten, in milliseconds.
    clock
        Wall clock in Unix milliseconds.
    """

    def __init__(
        self,
        partition: int,
        records: Records,
        *,
        partitions: int,
        most: int,
        memory_ms: int,
        metrics: Metrics,
        clock: Callable[[], int],
    ) -> None:
        self.partition = partition
        self._records = records
        self._most = most
        self._memory_ms = memory_ms
        self._metrics = metrics
        self._clock = clock
        self._templates = Templates(self._restore_template, most)
        self._forgotten: dict[bytes, None] = {}
        self._next_sweep = 0
        self._refused = 0
        self.progress = Progress(partitions)
        self.following = self._time = 0
        self._waiting: Agenda[tuple[int, str, int], tuple[int, Fingerprint]] = Agenda(BATCH_MS)
        self._restore()
        self._written = self.following
        self._released = self._until()

    def take(self, said: Fingerprint | Sequence[Mark], offset: int) -> None:
        """Take in a record that stands at an offset."""
        if isinstance(said, Fingerprint):
            self._time = max(self._time, said.time)
            self._waiting.put((said.template, said.tenant, said.count), said.time, (offset, said))
            return
        for mark in said:
            self.progress.reach(mark.partition, mark.time)
            if mark.idle:
                self.progress.rest(mark.partition)

    def read_to(self, following: int) -> list[Shared]:
        """Take note of the offset to read next, and return what is to be passed on by now.

        Whose turn it is does not depend on which of the judged partitions is ahead: fingerprints wait until
        all are past them, and are taken in the order of time.
        """
        self.following = following
        until = self._until()
        keys = self._waiting.before(_NEVER if len(self._waiting) > MOST_WAITING else until)
        due = [fingerprint for _, fingerprint in map(self._waiting.pop, keys)]
        shared: list[Shared] = []
        for fingerprint in sorted(due, key=lambda one: (one.time, one.tenant, one.count)):
            told = max(fingerprint.time, self._released)
            shared += [Shared(told, one) for one in self._templates.take(fingerprint)]
        self._released = max(self._released, until)
        self._sweep()
        self._metrics.snapshot_refused("broken", self._templates.refused - self._refused)
        self._refused = self._templates.refused
        return shared

    def dump(self, out: Writer) -> None:
        """Write what is in no state record, for those who read nothing twice."""
        self.progress.dump(out)
        for value in (self.following, self._written, self._time, self._released, self._next_sweep):
            out.number(value)
        out.number(len(self._waiting))
        for offset, fingerprint in self._waiting:
            out.number(offset)
            out.raw(fingerprint.encode())

    def load(self, source: Reader) -> None:
        """Read what `dump` wrote.

        Raises
        ------
        SnapshotError
            The bytes are no such state.
        """
        self.progress.load(source)
        self.following, self._written = source.count(MAX_OFFSET), source.count(MAX_OFFSET)
        self._time, self._released, self._next_sweep = (source.count(MAX_OFFSET) for _ in range(3))
        self._waiting = Agenda(BATCH_MS)
        for _ in range(source.count(MOST_COUNT)):
            offset = source.count(MAX_OFFSET)
            self.take(read_fingerprint(source), offset)

    @property
    def position(self) -> int:
        """Offset of the first record that is needed still; all before it are in the templates."""
        return min((offset for offset, _ in self._waiting), default=self.following)

    def _until(self) -> int:
        """Return the end of the last batch that all judged partitions are past."""
        return self.progress.settled - self.progress.settled % BATCH_MS

    @property
    def crowd(self) -> float:
        """How much of the room for templates beyond those that may stay is taken; 1 where all of it is."""
        return (len(self._templates) - self._most) / max(LEAST_CROWD, self._most // 8)

    def freeze(self) -> FrozenPartition | None:
        """Return what is to be written, and count it as written; nothing if nothing was read."""
        if self.following == self._written:
            return None
        out = Writer()
        self.progress.dump(out)
        own = StateRecord(self.position, self._time, out.finish())
        self._written = self.following
        self._templates.freeze()
        forgotten, self._forgotten = self._forgotten, {}
        return FrozenPartition(own.position, POSITION_KEY, own, self._slices(own, forgotten, self.following))

    def _slices(self, own: StateRecord, forgotten: Writes, following: int) -> Iterator[Writes]:
        if forgotten:
            self._records.put(self.partition, forgotten)
            yield forgotten
        while changed := self._templates.frozen(AT_ONCE):
            writes = {_key(template): StateRecord(following, time, body) for template, time, body in changed}
            self._records.put(self.partition, writes)
            yield writes
        self._records.put(self.partition, {POSITION_KEY: own})
        self._templates.checkpointed()

    def _sweep(self) -> None:
        """Forget some of the templates that nobody uses any more; looks once an hour of event time."""
        now = min(self._time, self._clock())
        if now < self._next_sweep:
            return
        keys = self._records.older_than(self.partition, now - self._memory_ms, SWEEP_AT_ONCE, TEMPLATE_KEY)
        if len(keys) < SWEEP_AT_ONCE:
            self._next_sweep = now + SWEEP_EVERY_MS
        gone = [key for key in keys if self._templates.forget(_template(key))]
        self._forgotten.update(dict.fromkeys(gone))
        self._records.put(self.partition, dict.fromkeys(gone))

    def _restore_template(self, template: int) -> bytes | None:
        record = self._records.get(self.partition, _key(template))
        return None if record is None else record.body

    def _restore(self) -> None:
        """Go on from the own record; where that is damaged all is read again."""
        record = self._records.get(self.partition, POSITION_KEY)
        if record is None:
            return
        try:
            source = Reader(record.body)
            self.progress.load(source)
            source.end()
        except SnapshotError as error:
            self._metrics.snapshot_refused("broken")
            log.error("record of templates refused", partition=self.partition, reason=str(error))  # noqa: TRY400
            return
        self.following, self._time = record.position, record.time


def position_of(records: Records, partition: int) -> int | None:
    """Return where a partition is to be read from; nothing where that is not known."""
    record = records.get(partition, POSITION_KEY)
    if record is None:
        return None
    try:
        source = Reader(record.body)
        Progress(0).load(source)
        source.end()
    except SnapshotError:
        return None
    return record.position


def _key(template: int) -> bytes:
    return TEMPLATE_KEY + template_key(template)


def _template(key: bytes) -> int:
    return int.from_bytes(key.removeprefix(TEMPLATE_KEY), "big")
