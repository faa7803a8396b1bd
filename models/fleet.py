"""The tenants of one partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.campaign.fingerprint import Fingerprint
from models.config import DetectorConfig
from models.core.judge import APPLIED
from models.core.names import UNKNOWN
from models.episode import State
from models.errors import SnapshotError
from models.finding import Activity, Finding, Severity
from models.frozen import FrozenTenants
from models.judging import NEVER, OnError, fail, judge_many
from models.live import LiveTenants
from models.population.profile import EarlyProfile
from models.requests import Requests, table_of
from models.score import Score
from models.sketch import Sketch
from models.slab import Slab
from models.snapshot import unpack
from models.standing import strongest
from models.steering import Steering
from models.tenant import TenantModel

Restore = Callable[[str], bytes | None]
LEAST_CROWD = 256
SLACK_MS = 48 * 3_600_000
"""How much longer than its time to live a silent tenant should be kept: a late request meets it as it was."""


class Fleet:
    """Live tenants, restored on their first request and bounded in number.

    Parameters
    ----------
    config
        Of every tenant.
    restore
        Returns the stored snapshot of a tenant, or `None`.
    max_tenants
        Tenants that stay live after a checkpoint; the least recently seen live on in the store only.
    ttl_ms
        Event time without a request after which a tenant that comes back is a new one, in milliseconds.
    steering
        What operators change while it runs; nothing unless given.
    """

    def __init__(
        self,
        config: DetectorConfig,
        restore: Restore,
        max_tenants: int = 100_000,
        ttl_ms: int = NEVER,
        steering: Steering | None = None,
    ) -> None:
        self._config = config
        self._steering = Steering(config) if steering is None else steering
        self._steered = self._steering.version
        self._slab = Slab()
        self._restore = restore
        self._max_tenants = max_tenants
        self._ttl_ms = ttl_ms
        self._live = LiveTenants()
        self._gone: set[str] = set()  # tenants that were forgotten since the last checkpoint began
        self._frozen = FrozenTenants({})
        self._profiles: list[EarlyProfile] = []
        self._fingerprints: list[Fingerprint] = []
        self._scores: list[Score] = []
        self._answered: list[Finding] = []  # episodes that a verdict closed when their tenant was restored
        self.skipped = 0
        """Sketches that a tenant's state already contained."""
        self.repeated = 0
        """Requests that a tenant had sent a moment before, with the same id, time and prompt."""
        self.refused_snapshots = 0
        """Damaged or foreign snapshots; their tenants started cold."""

    @property
    def tenants(self) -> Mapping[str, TenantModel]:
        """The live tenants."""
        return self._live

    @property
    def states(self) -> Counter[State]:
        """How many live tenants stand where in the life of an alert."""
        counts = np.bincount(self._slab.column("state", self._live.rows), minlength=len(State))
        return Counter(dict(zip(State, counts.tolist(), strict=True)))

    @property
    def open_episodes(self) -> Counter[Severity]:
        """How many live tenants have an open episode, by the severity that was stated last."""
        rows = self._live.rows
        rows = rows[self._slab.column("state", rows) == State.ALERTING]
        return Counter(map(Severity, self._slab.column("stated_severity", rows).tolist()))

    def strongest(self, most: int, known: Collection[str] = ()) -> list[tuple[float, TenantModel]]:
        """Return the live tenants that are nearest to an alert; see `models.standing.strongest`."""
        return strongest(self._live, self._slab, self._steering.records, most, known)

    @property
    def changes(self) -> int:
        """How many tenants changed since they were last frozen."""
        return self._live.changes + len(self._gone)

    @property
    def crowd(self) -> float:
        """How much of the room for tenants beyond those that may stay is taken; 1 where all of it is."""
        return (len(self._live) - self._max_tenants) / max(LEAST_CROWD, self._max_tenants // 8)

    def apply(self, sketch: Sketch, offset: int) -> list[Finding]:
        """Judge one request that stands at this offset of the partition.

        A request at or below the tenant's own last offset is part of its state already and is skipped, and
        so is one that is the repeat of another. A tenant that was idle for too long starts anew, whether its
        state is still there or not.
        """
        return self.apply_many(table_of([sketch]), [offset])

    def apply_many(
        self, requests: Requests, offsets: Sequence[int], on_error: OnError = fail
    ) -> list[Finding]:
        """Judge requests that stand at these offsets, in order; the same findings as one by one.

        `on_error` is told of each that Python failed on, by its place, and may raise.
        """
        self._frozen.keep(requests.tenants)
        rows = self._found(requests.tenants, on_error)
        outcome = judge_many(
            requests,
            rows,
            np.array(offsets, np.int64),
            self._slab,
            self._steering.records,
            tenant_at=self._live.at,
            ttl_ms=self._ttl_ms,
            on_error=on_error,
        )
        self._live.change(rows[outcome.marks & APPLIED > 0])
        self.skipped += outcome.skipped
        self.repeated += outcome.repeated
        self._profiles += [profile for _, profile in outcome.profiles]
        self._fingerprints += [fingerprint for _, fingerprint in outcome.fingerprints]
        self._scores += [score for _, score in outcome.scores]
        return [*self._take_answered(), *self._answer_at_once(outcome.findings)]

    def steer(self) -> None:
        """Have the live tenants judged by the rules as they are now."""
        if self._steered == self._steering.version:
            return
        self._steered = self._steering.version
        self._slab.fill("rule", self._live.rows, 0)
        for tenant in self._live.values() if self._steering.selective else ():
            tenant.steer()

    def answer(self, tenant: str) -> list[Finding]:
        """Close the open episode of a tenant if there is a verdict on it, wherever the tenant is kept."""
        self._frozen.keep([tenant])
        model = self._tenant(tenant)
        return [*self._take_answered(), *self._answer(model)]

    def _answer(self, model: TenantModel) -> list[Finding]:
        """Close an episode that there is a verdict on."""
        verdicts = self._steering.verdicts
        verdict = verdicts.get(model.episode_uid) if verdicts else None
        found = [] if verdict is None else model.answer(verdict)
        if found:
            self._live.change(np.array([model.row]))
        return found

    def _answer_at_once(self, findings: Sequence[tuple[int, Finding]]) -> list[Finding]:
        """Return findings, and the close of each episode that is said again after its verdict."""
        said = [finding for _, finding in findings]
        if not self._steering.verdicts:
            return said
        again = dict.fromkeys(finding.tenant for finding in said if finding.activity is not Activity.CLOSE)
        known = [self._live[tenant] for tenant in again if tenant in self._live]
        return [*said, *(finding for model in known for finding in self._answer(model))]

    def _take_answered(self) -> list[Finding]:
        taken, self._answered = self._answered, []
        return taken

    def take_profiles(self) -> list[EarlyProfile]:
        """Return the early profiles of the tenants that came of age since the last call, in order."""
        taken, self._profiles = self._profiles, []
        return taken

    def take_fingerprints(self) -> list[Fingerprint]:
        """Return what is to be told of templates since the last call, in the order of the requests.

        As the profiles, they are held until they are taken, whether the caller has a use for them or not.
        """
        taken, self._fingerprints = self._fingerprints, []
        return taken

    def take_scores(self) -> list[Score]:
        """Return the scores of the intervals that ended since the last call, in the order of the requests."""
        taken, self._scores = self._scores, []
        return taken

    def expire(self, tenant: str, now: int) -> list[Finding]:
        """Forget an idle tenant; an open episode whose quiet period has passed is closed first.

        `now` is event time in Unix milliseconds.
        """
        self._frozen.keep([tenant])
        model = self._tenant(tenant)
        findings = [*self._take_answered(), *model.expire(now)]
        self._live.remove(tenant).release()
        self._gone.add(tenant)
        return findings

    def freeze(self) -> None:
        """Hold what changed since the last call as it is now; all that was frozen before has been taken."""
        changed = {tenant.name: tenant for tenant in self._live.take_changed()}
        self._frozen, self._gone = FrozenTenants(dict.fromkeys(self._gone) | changed), set()

    def frozen(self, most: int) -> list[tuple[str, bytes | None]]:
        """Return the snapshots of so many frozen tenants, each once; `None` for a forgotten one."""
        return self._frozen.take(most)

    def changed(self) -> list[tuple[str, bytes | None]]:
        """Freeze, and return all that was frozen."""
        count = self.changes
        self.freeze()
        return self.frozen(count)

    def checkpointed(self) -> None:
        """Take note that all that was frozen is stored, and let the least recently seen tenants go.

        Those that have changed since then stay.
        """
        for name in self._live.stalest(max(0, len(self._live) - self._max_tenants)):
            self._live.remove(name).release()

    def _found(self, names: Sequence[str], on_error: OnError) -> NDArray[np.int64]:
        """Return the numbers of the tenants' states, each restored if need be, and see them in this order."""
        rows = self._live.find(names)
        for place in np.flatnonzero(rows == UNKNOWN).tolist():
            try:
                rows[place] = self._tenant(names[place]).row
            except Exception as error:  # noqa: BLE001 - it is for the caller to say what it means
                on_error(place, error)
        self._live.see(rows[rows != UNKNOWN])
        return rows

    def _tenant(self, name: str) -> TenantModel:
        if name not in self._live:
            self._live.add(self._load(name))
            self._answered += self._answer(self._live[name])
        return self._live[name]

    def _load(self, name: str) -> TenantModel:
        known = name in self._gone or name in self._frozen  # then what is stored is out of date
        stored = None if known else self._restore(name)
        tenant = TenantModel(name, self._config, slab=self._slab, steering=self._steering)
        if stored is None:
            return tenant
        try:
            header, body = unpack(stored)
            tenant.load(body)
        except SnapshotError:
            self.refused_snapshots += 1
            return tenant
        tenant.offset = header.offset
        return tenant
