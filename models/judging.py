"""Takes many requests through the compiled core and does what it leaves to Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.campaign.fingerprint import Fingerprint
from models.campaign.reading import fingerprints_of
from models.core import judge as core
from models.core.layout import TOLD
from models.finding import Finding
from models.population.profile import EarlyProfile
from models.requests import Requests
from models.score import Score
from models.slab import Slab

if TYPE_CHECKING:
    from models.tenant import TenantModel

NEVER = 2**63 - 1
OnError = Callable[[int, Exception], None]
TenantAt = Callable[[int], "TenantModel"]


@dataclass(slots=True)
class Outcome:
    """What came of requests.

    Parameters
    ----------
    marks
        Bits of `models.core.judge`: what became of each, shape (n,).
    findings, profiles, fingerprints, scores
        With the place of the request that led to each, in the order of the requests.
    skipped
        Requests that their tenant's state contained already.
    repeated
        Requests that were sent twice.
    """

    marks: NDArray[np.uint8]
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    profiles: list[tuple[int, EarlyProfile]] = field(default_factory=list)
    fingerprints: list[tuple[int, Fingerprint]] = field(default_factory=list)
    scores: list[tuple[int, Score]] = field(default_factory=list)
    skipped: int = 0
    repeated: int = 0


def fail(_place: int, error: Exception) -> None:
    """Let an error of one request end the batch."""
    raise error


def judge_many(
    requests: Requests,
    rows: NDArray[np.int64],
    offsets: NDArray[np.int64],
    slab: Slab,
    settings: NDArray[Any],
    *,
    tenant_at: TenantAt,
    ttl_ms: int = NEVER,
    on_error: OnError = fail,
) -> Outcome:
    """Judge requests in order, as if they came one by one.

    Parameters
    ----------
    rows
        The number of the state of each request's tenant; one below 0 is left out.
    offsets
        Where each stands on its partition, -1 for nowhere.
    settings
        See `models.steering`.
    tenant_at
        Returns the tenant whose state has a number.
    ttl_ms
        Event time without a request after which a tenant starts anew, in milliseconds.
    on_error
        Told of a request that Python failed on, which is then left.
    """
    outcome = Outcome(np.zeros(len(rows), np.uint8))
    chunks = rows // slab.chunk
    for chunk in np.unique(chunks[rows >= 0]).tolist():
        run = _Run(
            requests, rows, outcome, np.flatnonzero(chunks == chunk), tenant_at=tenant_at, on_error=on_error
        )
        run.finish(slab.chunks[chunk], rows - chunk * slab.chunk, offsets, settings, ttl_ms)
    for told in (outcome.findings, outcome.profiles, outcome.fingerprints, outcome.scores):
        told.sort(key=_place)
    return outcome


def _place(told: tuple[int, object]) -> int:
    return told[0]


class _Run:
    """The requests of the tenants of one chunk, in order."""

    def __init__(
        self,
        requests: Requests,
        rows: NDArray[np.int64],
        outcome: Outcome,
        order: NDArray[np.int64],
        *,
        tenant_at: TenantAt,
        on_error: OnError,
    ) -> None:
        self._requests = requests
        self._rows = rows
        self._tenant_at = tenant_at
        self._outcome = outcome
        self._order = order
        self._on_error = on_error
        self._named = 0
        self._cursor = np.zeros(core.CURSOR, np.int64)

    def finish(
        self,
        states: NDArray[Any],
        places: NDArray[np.int64],
        offsets: NDArray[np.int64],
        settings: NDArray[Any],
        ttl_ms: int,
    ) -> None:
        """Judge them all."""
        requests, cursor = self._requests, self._cursor
        ids = np.frombuffer(requests.names, np.uint8)
        given = states, places, self._order, requests.rows, ids, requests.ends, offsets
        told = np.empty(len(self._order), TOLD)
        while reason := core.judge(*given, ttl_ms, settings, self._outcome.marks, told, cursor):
            self._name_strange(int(cursor[core.NEXT]) + 1)
            self._act(reason, int(self._order[cursor[core.NEXT]]))
        self._name_strange(len(self._order))
        self._outcome.fingerprints += fingerprints_of(told[: cursor[core.TOLD]], requests)
        self._outcome.skipped += int(cursor[core.SKIPPED])
        self._outcome.repeated += int(cursor[core.REPEATED])

    def _act(self, reason: int, place: int) -> None:
        """Do what the core asks for at one request."""
        tenant, activity = self._tenant_at(int(self._rows[place])), int(self._cursor[core.ACTIVITY])
        try:
            if reason == core.AGE:
                self._profile(tenant, place)
            if reason == core.SCORED:
                self._outcome.scores.append((place, tenant.score()))
            said = _said(reason, tenant, self._requests, place, activity)
            self._outcome.findings += [(place, finding) for finding in said]
        except Exception as error:  # noqa: BLE001 - it is for the caller to say what it means
            self._on_error(place, error)
            self._cursor[core.NEXT] += 1
            self._cursor[core.PHASE] = 0

    def _profile(self, tenant: TenantModel, place: int) -> None:
        profile = tenant.come_of_age(self._requests.ref(place))
        if profile is not None:
            self._outcome.profiles.append((place, profile))

    def _name_strange(self, until: int) -> None:
        """Keep the names of the strange requests among those that were judged since the last call."""
        marks, judged = self._outcome.marks, self._order[self._named : until]
        strange = judged[(marks[judged] & core.STRANGE) > 0]
        if strange.size:
            times, rows = self._requests.rows["time"][strange].tolist(), self._rows[strange].tolist()
            found = self._requests.places(strange)
            for row, time, (name, topic, *place) in zip(rows, times, found, strict=True):
                self._tenant_at(row).suspects.keep(time, name, topic.decode(), *place)
            marks[strange] &= core.APPLIED
        self._named = max(self._named, until - 1)


def _said(
    reason: int, tenant: TenantModel, requests: Requests, place: int, activity: int
) -> Sequence[Finding]:
    time = int(requests.rows[place]["time"])
    if reason == core.STATED:
        return [tenant.state_episode(activity, requests.id(place))]
    if reason == core.CLOSED:
        return [tenant.close()]
    if reason == core.IDLE:
        said = tenant.expire(time)
        tenant.begin_anew()
        return said
    if reason == core.COOLED:
        tenant.spend()
    return []
