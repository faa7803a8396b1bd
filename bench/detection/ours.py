"""Our detector over the same sketches: the only door of the benchmarks to it.

Everything that a benchmark asks of the detector is asked here, so that another way to drive it, for example
all tenants of a world together, is a change of this file alone.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from bench.detection.worlds import World, tenant_sketches, without_content
from models.config import DetectorConfig
from models.core.streams import JOINT
from models.finding import Activity
from models.readings import NAMES
from models.sketch import Sketch
from models.tenant import TenantModel
from models.weighting import DEFAULT, Weighting

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
        config, off = self._setup.config, self._setup.off
        self._model = TenantModel(tenant, config, weighting=_weighting(off))

    def sees(self, sketch: Sketch) -> bool:
        """Take in one request; return whether an episode opened."""
        if not self._setup.content:
            sketch = without_content(sketch)
        findings = self._model.apply(sketch)
        return any(finding.activity is Activity.CREATE for finding in findings)

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
        found[name] = _course(name, tenant_sketches(name, values), setup, follow=name in follow)
        if number % 50 == 0:
            print(f"  {number} of {len(world)} tenants", file=sys.stderr)
    return found


def alert_times(tenant: str, sketches: Iterable[Sketch], setup: Setup | None = None) -> list[int]:
    """Return when the tenant's episodes open, in Unix milliseconds."""
    return _course(tenant, sketches, setup, follow=False).alerts


def normal_level(setup: Setup) -> float:
    """Return the level below which a tenant counts as going on as before, and is learned."""
    return setup.config.suspicious_exponent


def _course(tenant: str, sketches: Iterable[Sketch], setup: Setup | None, *, follow: bool) -> Course:
    watched = Watched(tenant, setup)
    alerts, times, levels = [], [], []
    for sketch in sketches:
        if watched.sees(sketch):
            alerts.append(sketch.time)
        if follow:
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
