"""Our detector over the same sketches: the only door of the benchmarks to it.

Everything that a benchmark asks of the detector is asked here, so that another way to drive it, for example
all tenants of a world together, is a change of this file alone.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from bench.detection.worlds import World, tenant_sketches, without_content
from models.config import DetectorConfig
from models.core.streams import JOINT
from models.finding import Activity
from models.judging import judge_many
from models.readings import NAMES
from models.requests import Requests, decode_table, table_of
from models.sketch import Sketch
from models.slab import Slab
from models.tenant import TenantModel
from models.weighting import DEFAULT, Weighting, settings_record

NAME = "distillwatch"

SIGNALS = ("novelty", "topic entropy", "request shape", "joint evidence", "rate", "plain rules")
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


@dataclass(frozen=True, slots=True)
class Course:
    """What the detector made of one tenant.

    Parameters
    ----------
    alerts
        When episodes opened, in Unix milliseconds.
    times, levels
        After each request, its time and the level of the evidence (`Watched.level`).
        Empty unless they were asked for.
    """

    alerts: list[int]
    times: NDArray[np.int64]
    levels: NDArray[np.float32]


class Watched:
    """One tenant under watch."""

    def __init__(self, tenant: str, setup: Setup | None = None) -> None:
        self._setup = Setup() if setup is None else setup
        self.tenant = tenant
        self._settings = settings_record(self._setup.config, _weighting(self._setup.off))
        self._slab = Slab(1)
        self._model = TenantModel(tenant, self._setup.config, slab=self._slab, settings=self._settings)

    def sees(self, sketch: Sketch) -> bool:
        """Take in one request; return whether an episode opened."""
        if not self._setup.content:
            sketch = without_content(sketch)
        findings = self._model.apply(sketch)
        return any(finding.activity is Activity.CREATE for finding in findings)

    def sees_all(self, sketches: Iterable[Sketch]) -> list[int]:
        """Take in requests in order; return when episodes opened, in Unix milliseconds."""
        some = sketches if self._setup.content else map(without_content, sketches)
        return self._judged(table_of(list(some)))

    def sees_encoded(self, values: Sequence[bytes]) -> list[int]:
        """Do the same with encoded sketches, which need not be decoded one by one."""
        name = self.tenant
        if not self._setup.content:
            return self.sees_all(tenant_sketches(name, values))
        return self._judged(decode_table([name.encode()] * len(values), values)[0])

    def _judged(self, requests: Requests) -> list[int]:
        nowhere = np.full(len(requests), -1)
        outcome = judge_many(requests, [self._model] * len(requests), nowhere, self._slab, self._settings)
        return [finding.time for _, finding in outcome.findings if finding.activity is Activity.CREATE]

    @property
    def level(self) -> float:
        """The log of the evidence by the threshold's: 1 is an alert, 0 and less is none."""
        return log(max(self._model.evidence, LEAST)) / log(self._model.threshold)

    def fork(self) -> Watched:
        """Return an independent copy with the same past."""
        return deepcopy(self)


def judge(world: World, setup: Setup | None = None, *, follow: Collection[str] = ()) -> dict[str, Course]:
    """Run the detector over every tenant of a world.

    Parameters
    ----------
    follow
        The tenants whose evidence is noted after each request.
    """
    found = {}
    for number, (name, values) in enumerate(world.items(), 1):
        watched = Watched(name, setup)
        found[name] = _followed(watched, values) if name in follow else _alerts(watched, values)
        if number % 50 == 0:
            print(f"  {number} of {len(world)} tenants", file=sys.stderr)
    return found


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
    """Return the detector's own weights without some signals, whose streams and votes count for nothing."""
    streams, votes = list(DEFAULT.streams), list(DEFAULT.votes)
    for stream, name in _STREAMS.items():
        if name in off:
            streams[stream] = 0.0
    for track, name in _TRACKS.items():
        if name in off:
            votes[track] = 0.0
    return Weighting(tuple(streams), tuple(votes), "plain rules" not in off)


_TRACKS = {track: name for track, (name, _) in NAMES.items()}
_STREAMS = _TRACKS | {JOINT: "joint evidence"}
