"""The detector over files: the same core as on the bus, without a bus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from models.campaign.finding import CampaignFinding
from models.codec import MOST_COUNT, Reader, Writer
from models.config import DetectorConfig
from models.finding import Finding
from models.fleet import SLACK_MS, Fleet
from models.requests import Requests, decode_table
from models.score import Score
from models.snapshot import peek
from models.steering import Steering
from streams.backtest_control import BacktestControl
from streams.backtest_fleetwide import BacktestFleetwide
from streams.backtest_summary import Summary
from streams.file_intake import Reject, SketchedLines
from streams.snapshot_store import SnapshotStore
from streams.state_record import StateRecord


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
    control
        What operators changed.
    fleetwide
        Judges the whole fleet by the same store, if that is wanted.
    score_ms
        Interval of event time of which each tenant's scores are told, in milliseconds, unless `control` says
        it; 0 for none.
    on_score
        Told of them.
    """

    def __init__(
        self,
        config: DetectorConfig,
        store: SnapshotStore,
        *,
        max_tenants: int,
        ttl_ms: int,
        checkpoint_events: int,
        fleetwide: BacktestFleetwide | None = None,
        score_ms: int = 0,
        on_score: Callable[[Score], None] = lambda _score: None,
        control: BacktestControl | None = None,
    ) -> None:
        self.summary = Summary()
        self._fleetwide = fleetwide
        self._store = store
        self._on_score = on_score
        self._control = control
        steering = Steering(config, score_ms=score_ms) if control is None else control.steering
        self._fleet = Fleet(config, self._restore, max_tenants, ttl_ms, steering)
        self._ttl_ms = ttl_ms
        self._checkpoint_events = checkpoint_events
        self._time = 0

    def run(
        self, batches: Iterable[SketchedLines], on_reject: Callable[[Reject], None]
    ) -> Iterator[CampaignFinding | Finding]:
        """Judge batches in order and yield the findings as they are made."""
        for batch in batches:
            for reject in batch.rejects:
                self.summary.reject(reject)
                on_reject(reject)
            self.summary.empty += batch.empty
            yield from self._judge(batch.records)

    def keep(self) -> bytes:
        """Bring all that changed into the store, and return what else is needed to go on."""
        self._checkpoint()
        out = Writer()
        out.number(self._time)
        if self._fleetwide is not None:
            self._fleetwide.dump(out)
        return out.finish()

    def go_on(self, summary: Summary, kept: bytes) -> None:
        """Go on from what `keep` returned, with summary and store as they were then.

        Raises
        ------
        SnapshotError
            The bytes are no such state.
        """
        self.summary = summary
        source = Reader(kept)
        self._time = source.count(MOST_COUNT)
        if self._control is not None:
            self._control.go_on(self._time)
        if self._fleetwide is not None:
            self._fleetwide.load(source)
        source.end()

    def _judge(self, records: Sequence[tuple[bytes, bytes]]) -> Iterator[CampaignFinding | Finding]:
        """Judge records, up to the next checkpoint at a time."""
        done = 0
        while done < len(records):
            until = min(len(records), done + self._checkpoint_events - self._since_checkpoint())
            yield from self._judge_some(records[done:until])
            done = until
            if self._since_checkpoint() == 0:
                yield from self._say(list(self._forget_idle()))
                self._checkpoint()

    def _judge_some(self, records: Sequence[tuple[bytes, bytes]]) -> Iterator[CampaignFinding | Finding]:
        requests, _, failures = decode_table([key for key, _ in records], [value for _, value in records])
        for error in failures.values():
            raise error
        first = self.summary.events + 1
        self.summary.events += len(records)
        self.summary.tenants.update(key for key, _ in records)
        self.summary.see(requests.rows)
        yield from self._say(self._apply(requests, range(first, first + len(records))))
        for score in self._fleet.take_scores():
            self._on_score(score)
        profiles, fingerprints = self._fleet.take_profiles(), self._fleet.take_fingerprints()
        if self._fleetwide is not None:
            answered = {} if self._control is None else self._control.answered
            yield from self._count(self._fleetwide.judge(profiles, fingerprints, self._time, answered))

    def _apply(self, requests: Requests, offsets: range) -> list[Finding]:
        newest = np.maximum(np.maximum.accumulate(requests.rows["time"]), self._time)
        self._time = int(newest[-1])
        if self._control is None:
            return self._fleet.apply_many(requests, offsets)
        found: list[Finding] = []
        for begin, end, answered in self._control.parts(newest):
            for tenant in answered:
                found += self._fleet.answer(tenant)
            part = requests.taken(list(range(begin, end)))
            found += self._fleet.apply_many(part, offsets[begin:end])
        return found

    def _say(self, findings: list[Finding]) -> Iterator[CampaignFinding | Finding]:
        """Say what was found of tenants alone, which those who judge the whole fleet hear as well."""
        if self._fleetwide is not None:
            self._fleetwide.note(findings)
        return self._count(findings)

    def _since_checkpoint(self) -> int:
        return self.summary.events % self._checkpoint_events

    def _count(self, findings: Iterable[CampaignFinding | Finding]) -> Iterator[CampaignFinding | Finding]:
        for finding in findings:
            self.summary.count(finding)
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
        if self._fleetwide is not None:
            self._fleetwide.checkpoint()

    def _restore(self, tenant: str) -> bytes | None:
        record = self._store.get(tenant.encode())
        return None if record is None else record.body

    def _record(self, snapshot: bytes | None) -> StateRecord | None:
        return None if snapshot is None else StateRecord(self.summary.events, peek(snapshot).time, snapshot)
