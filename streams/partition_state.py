"""One partition of the detector's input: its tenants' models and how far they have read.

Why nothing is lost or counted twice
------------------------------------
Let P be the position in the partition's own record. A checkpoint writes, each step after the one before has
been acknowledged: the alerts, the snapshots of the changed tenants, the partition's record, the commit. So at
any crash

- Reading resumes at P. That is right because all snapshots that hold the events below P were acknowledged
  before P was written. The committed offset is at or below it, and only of use to tools that show the lag.
- A tenant's snapshot may be newer than P, if the crash came between the two. It carries the offset of its
  last event, and the fleet skips that tenant's events up to there. A tenant without such a snapshot reads
  them.
- The alerts of every event that any snapshot holds have been delivered. Events that are read again give the
  same findings with the same uids, because the models know no clock and no chance.
- Intake may forward a source record twice, at two offsets of the sketch topic. It keeps the order of a
  source partition, and of the events in a record, whose part numbers do not depend on who reads it; and its
  producer is idempotent, so that what one intake sends to a partition of ours rises in source offset and part
  and has no holes, and a later intake begins at or below where the earlier ended, with the first event of a
  record. A sketch is therefore new exactly if its source offset and part are above the highest seen from its
  source partition: the mark. Marks are a function of the records from P on and of the marks in P's record,
  and both are read again together, so that a replay takes the same decisions.

Without its record a partition is read again from the first sketch there is, which makes the marks
anew; tenants skip what their snapshots hold.

A snapshot beyond the size limit is not written. In its place goes an empty one, which says that the tenant's
history is missing: its model lives on in memory, and starts cold if it has to be restored. To leave the older
snapshot there would be wrong without a sign of it, for the events between the two are below P.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import structlog

from models.campaign.fingerprint import Fingerprint
from models.core import records
from models.episode import State
from models.errors import SnapshotError
from models.finding import Finding, Severity
from models.fleet import SLACK_MS
from models.judging import OnError
from models.population.profile import EarlyProfile
from models.requests import Requests
from models.score import Score
from models.tenant import TenantModel
from streams.clean_time import CleanTime
from streams.frozen import AT_ONCE, FrozenPartition, Writes
from streams.metrics import Metrics
from streams.reading import Batch
from streams.snapshot_store import StoreError
from streams.state_record import (
    NO_MARK,
    PARTITION_KEY,
    PartitionRecord,
    StateRecord,
    close_partition,
    open_partition,
)

log = structlog.get_logger(__name__)

SWEEP_EVERY_MS = 3_600_000
SWEEP_AT_ONCE = 256
"""A flood of invented tenants becomes idle at once, and the others must not wait for all of them to go."""
Restore = Callable[[str], bytes | None]


class Fleet(Protocol):
    """What we ask of `models.fleet.Fleet`."""

    refused_snapshots: int
    repeated: int
    skipped: int

    @property
    def tenants(self) -> Mapping[str, TenantModel]:
        """Live tenants."""

    @property
    def states(self) -> Counter[State]:
        """How many of them stand where."""

    @property
    def open_episodes(self) -> Counter[Severity]:
        """How many of them have an open episode, by severity."""

    def strongest(self, most: int, known: Collection[str]) -> list[tuple[float, TenantModel]]:
        """Return those that are nearest to an alert, with what they were chosen by."""

    @property
    def crowd(self) -> float:
        """Whether too many of them live."""

    def apply_many(self, requests: Requests, offsets: Sequence[int], on_error: OnError) -> list[Finding]:
        """Judge requests in order; those that fail are told."""

    def take_profiles(self) -> list[EarlyProfile]:
        """Return the early profiles since the last call."""

    def take_fingerprints(self) -> list[Fingerprint]:
        """Return what is to be told of the use of templates since the last call."""

    def take_scores(self) -> list[Score]:
        """Return the scores of the intervals that ended since the last call."""

    def expire(self, tenant: str, now: int) -> list[Finding]:
        """Forget an idle tenant."""

    @property
    def changes(self) -> int:
        """How many tenants changed since they were last frozen."""

    def steer(self) -> None:
        """Have the tenants judged by the rules as they are now."""

    def answer(self, tenant: str) -> list[Finding]:
        """Close the open episode of a tenant if there is a verdict on it."""

    def freeze(self) -> None:
        """Hold the tenants that changed since the last call as they are."""

    def frozen(self, most: int) -> Sequence[tuple[str, bytes | None]]:
        """Return the snapshots of so many of them, each once; `None` for forgotten ones."""

    def checkpointed(self) -> None:
        """Count those that were frozen as stored; tenants beyond the limit leave memory."""


class Records(Protocol):
    """The state records that were restored and those that are being written."""

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        """Return one record."""

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Keep or forget records."""

    def older_than(self, partition: int, time: int, most: int) -> list[bytes]:
        """Return the keys of the oldest records of tenants of before a time, at most so many."""


@dataclass(slots=True)
class Judgement:
    """What came of a chunk.

    Parameters
    ----------
    findings, profiles, fingerprints, scores
        In the order of the requests.
    failures
        By offset, the unexpected errors that a sketch led to.
    """

    findings: list[Finding] = field(default_factory=list)
    profiles: list[EarlyProfile] = field(default_factory=list)
    fingerprints: list[Fingerprint] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    failures: dict[int, Exception] = field(default_factory=dict)


class PartitionState:
    """The detector's state of one input partition.

    Parameters
    ----------
    partition
        Its number.
    records
        The partition's record and the tenants' snapshots come from here.
    new_fleet
        Makes the models, given where to find snapshots.
    max_snapshot_bytes
        Largest snapshot that is written.
    ttl_ms
        Event time without a request after which a tenant is forgotten, in milliseconds.
    clock
        Wall clock in Unix milliseconds.
    """

    def __init__(
        self,
        partition: int,
        records: Records,
        new_fleet: Callable[[Restore], Fleet],
        *,
        max_snapshot_bytes: int,
        ttl_ms: int,
        metrics: Metrics,
        clock: Callable[[], int],
    ) -> None:
        self.partition = partition
        self._clock = clock
        self._records = records
        self._max_snapshot_bytes = max_snapshot_bytes
        self._ttl_ms = ttl_ms
        self._metrics = metrics
        self.record = self._restore_record()
        self._written = self.record.position
        self._next_sweep = 0
        self._counted = (0, 0, 0)
        self._clean = CleanTime()
        self.fleet = new_fleet(self._restore_tenant)

    def apply(self, batch: Batch, position: int) -> Judgement:
        """Judge what was read; no sketch can make it fail, only the disk.

        Parameters
        ----------
        batch
            Of records at or above our position.
        position
            Offset of the record to read next.

        """
        record, judgement = self.record, Judgement(self._expire())
        fresh = self._fresh(batch.requests)
        requests, offsets = batch.requests, batch.offsets
        if len(fresh) < len(offsets):
            requests, offsets = requests.taken(fresh), [offsets[place] for place in fresh]

        def failed(place: int, error: Exception) -> None:
            if isinstance(error, StoreError):
                raise error
            log.error(
                "a sketch could not be judged",
                partition=self.partition,
                offset=offsets[place],
                exc_info=error,
            )
            judgement.failures[offsets[place]] = error

        if offsets:
            judgement.findings += self.fleet.apply_many(requests, offsets, failed)
            judgement.profiles += self.fleet.take_profiles()
            judgement.fingerprints += self.fleet.take_fingerprints()
            judgement.scores += self.fleet.take_scores()
            record.time = max(record.time, int(requests.rows["time"].max()))
        record.position = max(record.position, position)
        self._count()
        return judgement

    def steer(self, answered: Iterable[str]) -> list[Finding]:
        """Go by the changes as they are now; return the close of each episode that there is a verdict on.

        Parameters
        ----------
        answered
            Tenants that verdicts are about, whether they are ours or not.
        """
        self.fleet.steer()
        return [finding for tenant in answered if self.has(tenant) for finding in self.fleet.answer(tenant)]

    def has(self, tenant: str) -> bool:
        """Tell whether anything is known of a tenant here."""
        known = tenant in self.fleet.tenants
        return known or self._records.get(self.partition, tenant.encode()) is not None

    def _fresh(self, requests: Requests) -> list[int]:
        """Return the places of the requests that were not forwarded before, and mark how far we are."""
        sources, codes = requests.sources()
        marks, places = self.record.marks, np.empty(len(requests), np.int64)
        highest = np.array([marks.get(source, NO_MARK) for source in sources], np.int64).reshape(-1, 2)
        count = records.rising(requests.rows, codes, highest, places)
        fresh: list[int] = places[:count].tolist()
        marks.update(
            (source, (offset, part)) for source, (offset, part) in zip(sources, highest.tolist(), strict=True)
        )
        self._metrics.skipped("forwarded_twice", len(requests) - len(fresh))
        return fresh

    def freeze(self) -> FrozenPartition | None:
        """Return what is to be written, and count it as written; nothing if nothing was read.

        It is made as things are now, while requests go on being judged. If it cannot be written the worker
        ends and all of it is forgotten.
        """
        if self.record.position == self._written and not self.fleet.changes:
            return None
        own = close_partition(self.record)
        self._written = self.record.position
        self.fleet.freeze()
        return FrozenPartition(own.position, PARTITION_KEY, own, self._slices(own, self.now()))

    def _slices(self, own: StateRecord, time: int) -> Iterator[Writes]:
        while changed := self.fleet.frozen(AT_ONCE):
            writes = {
                name.encode(): None if snapshot is None else self._state(name, snapshot, own.position, time)
                for name, snapshot in changed
            }
            self._records.put(self.partition, writes)
            yield writes
        self._records.put(self.partition, {PARTITION_KEY: own})
        self.fleet.checkpointed()

    def _state(self, tenant: str, snapshot: bytes, position: int, time: int) -> StateRecord:
        if len(snapshot) > self._max_snapshot_bytes:
            self._metrics.snapshot_refused("too_large")
            log.error(
                "snapshot too large: the tenant starts cold when restored; raise state.max_snapshot_bytes",
                tenant=tenant,
                bytes=len(snapshot),
                limit=self._max_snapshot_bytes,
            )
            snapshot = b""
        return StateRecord(position, time, snapshot)

    def now(self) -> int:
        """Return the latest event time; a future one must not make all others look idle."""
        return min(self.record.time, self._clock())

    def clean_seconds(self) -> float:
        """Return the event time that tenants spent without an open episode since the last call."""
        return self._clean.passed(self.now(), self.fleet.states)

    def _expire(self) -> list[Finding]:
        """Forget some of the tenants that have been idle for too long; looks once an hour of event time.

        It waits a little longer than the tenants' time to live: what is said of a tenant must not depend on
        when we look.
        """
        now = self.now()
        if now < self._next_sweep:
            return []
        oldest = now - self._ttl_ms - SLACK_MS
        keys = self._records.older_than(self.partition, oldest, SWEEP_AT_ONCE)
        if len(keys) < SWEEP_AT_ONCE:
            self._next_sweep = now + SWEEP_EVERY_MS
        idle = [key.decode() for key in keys]
        live = self.fleet.tenants
        gone = [name for name in idle if name not in live or live[name].time < oldest]
        findings = [finding for name in gone for finding in self.fleet.expire(name, now)]
        self._records.put(self.partition, dict.fromkeys(name.encode() for name in gone))
        return findings

    def _count(self) -> None:
        """Pass on what the fleet has counted since the last chunk."""
        counted = (self.fleet.refused_snapshots, self.fleet.skipped, self.fleet.repeated)
        self._metrics.snapshot_refused("broken", counted[0] - self._counted[0])
        self._metrics.skipped("in_snapshot", counted[1] - self._counted[1])
        self._metrics.skipped("sent_twice", counted[2] - self._counted[2])
        self._counted = counted

    def _restore_record(self) -> PartitionRecord:
        value = self._records.get(self.partition, PARTITION_KEY)
        if value is None:
            return PartitionRecord()
        try:
            return open_partition(value)
        except SnapshotError as error:
            self._metrics.snapshot_refused("broken")
            log.error("partition record refused", partition=self.partition, reason=str(error))  # noqa: TRY400
            return PartitionRecord()

    def _restore_tenant(self, tenant: str) -> bytes | None:
        record = self._records.get(self.partition, tenant.encode())
        if record is None:
            return None
        if not record.body:
            self._metrics.snapshot_refused("cold_start")
            log.warning("tenant starts cold: its last snapshot was too large", tenant=tenant)
        return record.body or None
