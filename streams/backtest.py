"""The detector over files: the same core as on the bus, without a bus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from models.config import DetectorConfig
from models.finding import Activity, Finding, Severity
from models.fleet import SLACK_MS, Fleet
from models.population.newcomers import Newcomers
from models.population.profile import EarlyProfile
from models.population.progress import Progress
from models.requests import decode_table
from models.snapshot import peek
from streams.file_intake import Reject, SketchedLines
from streams.snapshot_store import SnapshotStore
from streams.state_record import StateRecord

SHOWN = 3
"""Places that are remembered of each kind of bad line."""


@dataclass(slots=True)
class Summary:
    """What a backtest saw; grows with the number of tenants and reasons, not of events.

    Parameters
    ----------
    events
        Judged requests.
    empty
        Blank lines.
    findings
        How many, by activity and severity.
    dead_letters
        How many lines, by reason.
    places
        The first lines of each reason, as `file:number`.
    """

    events: int = 0
    empty: int = 0
    tenants: set[bytes] = field(default_factory=set)
    findings: Counter[tuple[Activity, Severity]] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)

    def reject(self, reject: Reject) -> None:
        """Count a bad line."""
        self.dead_letters[reject.reason] += 1
        places = self.places.setdefault(reject.reason, [])
        if len(places) < SHOWN:
            places.append(f"{reject.file}:{reject.line}")


class Backtest:
    """Judges sketched lines; `summary` says what it saw so far.

    Parameters
    ----------
    store
        Where tenants wait that do not fit into memory.
    max_tenants
        How many tenants are kept in memory.
    ttl_ms
        Event time without a request after which a tenant is forgotten, in milliseconds.
    checkpoint_events
        Events between two looks at what does not fit.
    newcomers
        Compares tenants without a past with their peers, if that is wanted.
    """

    def __init__(
        self,
        config: DetectorConfig,
        store: SnapshotStore,
        *,
        max_tenants: int,
        ttl_ms: int,
        checkpoint_events: int,
        newcomers: Newcomers | None = None,
    ) -> None:
        self.summary = Summary()
        self._newcomers = newcomers
        self._progress = Progress(1)
        self._store = store
        self._fleet = Fleet(config, self._restore, max_tenants, ttl_ms)
        self._ttl_ms = ttl_ms
        self._checkpoint_events = checkpoint_events
        self._time = 0

    def run(self, batches: Iterable[SketchedLines], on_reject: Callable[[Reject], None]) -> Iterator[Finding]:
        """Judge batches in order and yield the findings as they are made."""
        for batch in batches:
            for reject in batch.rejects:
                self.summary.reject(reject)
                on_reject(reject)
            self.summary.empty += batch.empty
            yield from self._judge(batch.records)

    def _judge(self, records: Sequence[tuple[bytes, bytes]]) -> Iterator[Finding]:
        """Judge records, up to the next checkpoint at a time."""
        done = 0
        while done < len(records):
            until = min(len(records), done + self._checkpoint_events - self._since_checkpoint())
            yield from self._judge_some(records[done:until])
            done = until
            if self._since_checkpoint() == 0:
                yield from self._count(self._forget_idle())
                self._checkpoint()

    def _judge_some(self, records: Sequence[tuple[bytes, bytes]]) -> Iterator[Finding]:
        requests, _, failures = decode_table([key for key, _ in records], [value for _, value in records])
        for error in failures.values():
            raise error
        first = self.summary.events + 1
        self.summary.events += len(records)
        self.summary.tenants.update(key for key, _ in records)
        self._time = max(self._time, int(requests.rows["time"].max()))
        offsets = range(first, first + len(records))
        yield from self._count(self._fleet.apply_many(requests, offsets))
        yield from self._count(self._compare(self._fleet.take_profiles()))

    def _compare(self, profiles: Iterable[EarlyProfile]) -> list[Finding]:
        """Compare the tenants that came of age with their peers, as far as time has passed."""
        if self._newcomers is None:
            return []
        for profile in profiles:
            self._newcomers.add(profile)
        self._progress.reach(0, self._time)
        return self._newcomers.close(self._progress.settled)

    def _since_checkpoint(self) -> int:
        return self.summary.events % self._checkpoint_events

    def _count(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.summary.findings[finding.activity, finding.severity] += 1
            yield finding

    def _forget_idle(self) -> Iterator[Finding]:
        """Forget tenants whose last request is too old, as a worker does; open episodes are closed."""
        oldest = self._time - self._ttl_ms - SLACK_MS
        live = self._fleet.tenants
        stored = {key.decode() for key in self._store.older_than(oldest)} - live.keys()
        for tenant in sorted(stored | {name for name, model in live.items() if model.time < oldest}):
            yield from self._fleet.expire(tenant, self._time)

    def _checkpoint(self) -> None:
        self._store.put(
            {tenant.encode(): self._record(snapshot) for tenant, snapshot in self._fleet.changed()}
        )
        self._fleet.checkpointed()

    def _restore(self, tenant: str) -> bytes | None:
        record = self._store.get(tenant.encode())
        return None if record is None else record.body

    def _record(self, snapshot: bytes | None) -> StateRecord | None:
        return None if snapshot is None else StateRecord(self.summary.events, peek(snapshot).time, snapshot)
