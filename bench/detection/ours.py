"""Our detector over the same sketches: the only door of the benchmarks to it.

Everything that a benchmark asks of the detector is asked here: tenants are judged one after the other, then
the newcomers among them are compared with their peers (`bench.detection.population`).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from bench.detection.population import Population
from bench.detection.worlds import World, tenant_sketches, without_content
from models.config import DetectorConfig
from models.core.streams import JOINT
from models.episode import State
from models.finding import Activity
from models.judging import judge_many
from models.population.profile import EarlyProfile
from models.readings import NAMES
from models.requests import Requests, decode_table, table_of
from models.sketch import Sketch
from models.slab import Slab
from models.steering import Steering
from models.tenant import TenantModel
from models.weighting import DEFAULT, Weighting

NAME = "distillwatch"

JOINT_NAME, RULES, POPULATION = "joint evidence", "plain rules", "population"
SIGNALS = ("novelty", "topic entropy", "request shape", "habits", JOINT_NAME, "rate", RULES, POPULATION)
"""What can be switched off."""

LEAST = 0.1
"""Lower evidence counts as this much."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How the detector is run.

    Parameters
    ----------
    off
        Of `SIGNALS`, those that count for nothing.
    content
        False takes everything that stems from the prompt out of the sketches.
    """

    config: DetectorConfig = field(default_factory=DetectorConfig)
    off: frozenset[str] = frozenset()
    content: bool = True

    def without(self, *names: str) -> Setup:
        """Return it with more switched off."""
        return replace(self, off=self.off | frozenset(names))


@dataclass(frozen=True, slots=True)
class Course:
    """What the detector made of one tenant.

    Parameters
    ----------
    alerts
        When episodes opened, in Unix milliseconds.
    by_peers
        Those of them that the comparison with peers opened.
    times, levels
        After each request, its time and the level of the evidence (`Watched.level`).
        Empty unless they were asked for.
    """

    alerts: list[int]
    times: NDArray[np.int64]
    levels: NDArray[np.float32]
    by_peers: list[int] = field(default_factory=list)

    @property
    def by_past(self) -> list[int]:
        """The alerts by the tenant's own past."""
        return [time for time in self.alerts if time not in self.by_peers]


class Watched:
    """One tenant under watch, against its own past alone.

    Attributes
    ----------
    profiles
        How it looked at several ages, for whoever compares it with its peers.
    """

    def __init__(self, tenant: str, setup: Setup | None = None) -> None:
        self._setup = Setup() if setup is None else setup
        self.tenant = tenant
        self.profiles: list[EarlyProfile] = []
        self._steering = Steering(self._setup.config, _weighting(self._setup.off))
        self._slab = Slab(1)
        self._model = TenantModel(tenant, self._setup.config, slab=self._slab, steering=self._steering)

    def sees(self, sketch: Sketch) -> bool:
        """Take in one request; return whether an episode opened."""
        return bool(self._judged(table_of([sketch])))

    def sees_all(self, sketches: Iterable[Sketch]) -> list[int]:
        """Take in requests in order; return when episodes opened, in Unix milliseconds."""
        return self._judged(table_of(list(sketches)))

    def sees_encoded(self, values: Sequence[bytes]) -> list[int]:
        """Do the same with encoded sketches, which need not be decoded one by one."""
        return self._judged(decode_table([self.tenant.encode()] * len(values), values)[0])

    def _judged(self, requests: Requests) -> list[int]:
        if not self._setup.content:
            requests = without_content(requests)
        nowhere, rows = np.full(len(requests), -1), np.full(len(requests), self._model.row)
        given = requests, rows, nowhere, self._slab, self._steering.records
        outcome = judge_many(*given, tenant_at=lambda _row: self._model)
        self.profiles += [profile for _, profile in outcome.profiles]
        return [finding.time for _, finding in outcome.findings if finding.activity is Activity.CREATE]

    @property
    def level(self) -> float:
        """The log of the evidence by the threshold's: 1 is an alert, 0 and less is none.

        At least 1 as long as an episode is open.
        """
        found = log(max(self._model.evidence, LEAST)) / log(self._model.threshold)
        return max(1.0, found) if self._model.episode.state is State.ALERTING else found

    @property
    def time(self) -> int:
        """The newest event time, in Unix milliseconds."""
        return self._model.time

    def fork(self) -> Watched:
        """Return an independent copy with the same past."""
        return deepcopy(self)


def judge(
    world: World,
    setup: Setup | None = None,
    *,
    follow: Collection[str] = (),
    baseline: bytes = b"",
    until: int = 0,
) -> dict[str, Course]:
    """Run the detector over every tenant of a world.

    Parameters
    ----------
    follow
        The tenants whose evidence is noted after each request.
    baseline
        What a fleet elsewhere left (`baseline_of`), to compare newcomers with; empty if nothing is known.
    until
        The event time that the fleet reaches, in Unix milliseconds, where others of it are not in the world.
    """
    return _judged(world, Setup() if setup is None else setup, follow, baseline, until)[0]


def baseline_of(world: World, setup: Setup | None = None) -> bytes:
    """Return the baseline that the tenants of a world leave, for the newcomers of another one."""
    return _judged(world, Setup() if setup is None else setup)[1]


def _judged(
    world: World, setup: Setup, follow: Collection[str] = (), baseline: bytes = b"", newest: int = 0
) -> tuple[dict[str, Course], bytes]:
    found: dict[str, Course] = {}
    profiles: list[EarlyProfile] = []
    for number, (name, values) in enumerate(world.items(), 1):
        watched = Watched(name, setup)
        found[name] = _followed(watched, values) if name in follow else _alerts(watched, values)
        profiles += watched.profiles
        newest = max(newest, watched.time)
        if number % 50 == 0:
            print(f"  {number} of {len(world)} tenants", file=sys.stderr)
    population = Population(setup.config, baseline)
    if POPULATION not in setup.off:
        for name, times in population.judge(profiles, newest).items():
            course = found[name]
            found[name] = replace(course, alerts=sorted([*course.alerts, *times]), by_peers=times)
    return found, population.dump()


def alert_times(tenant: str, sketches: Iterable[Sketch], setup: Setup | None = None) -> list[int]:
    """Return when the tenant's episodes open, in Unix milliseconds."""
    return Watched(tenant, setup).sees_all(sketches)


def normal_level(setup: Setup) -> float:
    """Return the level below which a tenant counts as going on as before, and is learned."""
    return setup.config.suspicious_exponent


def _alerts(watched: Watched, values: Sequence[bytes]) -> Course:
    return Course(watched.sees_encoded(values), np.empty(0, np.int64), np.empty(0, np.float32))


def _followed(watched: Watched, values: Sequence[bytes]) -> Course:
    alerts, times, levels = [], [], []
    for sketch in tenant_sketches(watched.tenant, values):
        if watched.sees(sketch):
            alerts.append(sketch.time)
        times.append(sketch.time)
        levels.append(watched.level)
    return Course(alerts, np.array(times, np.int64), np.array(levels, np.float32))


def _weighting(off: Collection[str]) -> Weighting:
    """Return the detector's own weights without some signals, whose streams and votes count for nothing.

    Where the joint evidence is left but no signal that votes in it, all of them do: else nothing were in it.
    """
    streams, votes = list(DEFAULT.streams), list(DEFAULT.votes)
    for stream, name in _STREAMS.items():
        if name in off:
            streams[stream] = 0.0
    voters = {track for track, name in _TRACKS.items() if votes[track] and name not in off}
    for track in _TRACKS:
        if voters and track not in voters:
            votes[track] = 0.0
    ruled = RULES not in off
    return Weighting(tuple(streams), tuple(votes), (ruled, ruled))


_TRACKS = {track: name for track, (name, _) in NAMES.items()}
_STREAMS = _TRACKS | {JOINT: JOINT_NAME}
VOTES_ONLY = frozenset(name for stream, name in _STREAMS.items() if not DEFAULT.streams[stream])
"""Signals without a stream of their own, which count in the joint evidence alone."""
