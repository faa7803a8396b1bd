"""How long a checkpoint of many changed tenants holds up processing, and how long it takes.

There are as many tenants as a checkpoint is to write, and a long backlog, so that all of them ask between
two checkpoints. The pause is what the worker itself measures, and beside it the longest time in which the
count of judged requests did not move, seen from outside.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from bench.broker import fill, kafka, settings_for
from bench.crowd import Crowd, pool
from bench.figure import Figure, Sample, at_most, stated
from bench.options import Options
from bench.pages import samples, wait_until
from bench.tenants import snapshots, state_records
from bench.traffic import name
from bench.worker import BenchmarkError, free_port, worker
from streams.settings import Settings
from streams.simulation import START_MS

PAUSE_LIMIT_SECONDS = 0.2
CHANGED = 10_000
QUICK_CHANGED = 1_000
EACH = 5
"""Requests of each tenant between two checkpoints at most: with ten thousand tenants, as it is by default."""

CHECKPOINTS = 20
WARM = 4
"""Rounds that are not measured: tenants are restored in them, of some partitions later than of others."""

LOOK_SECONDS = 0.01
GAP_MS = 60_000
AFTER_THE_MODELS_MS = 6 * 3_600_000
_COUNT, _SUM = "distillwatch_checkpoint_seconds_count", "distillwatch_checkpoint_seconds_sum"
_JUDGED = 'distillwatch_events_total{stage="detect"}'
_PAUSE = "distillwatch_longest_pause_seconds"


@dataclass(frozen=True, slots=True)
class Look:
    """What a worker had done at a moment in seconds of `time.perf_counter`."""

    when: float
    judged: float
    checkpoints: float
    checkpoint_seconds: float
    pause: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One run; times in seconds.

    Parameters
    ----------
    pause, standstill
        The longest, by the worker and from outside.
    duration
        Of a checkpoint in the mean.
    rate
        Events judged a second.
    """

    pause: float
    standstill: float
    duration: float
    rate: float


def longest_standstill(looks: Sequence[tuple[float, float]]) -> float:
    """Return the longest time between two looks that first showed another count.

    Parameters
    ----------
    looks
        When and what, at least one, in order. It is not known when between two looks a count moved: what is
        returned may be too long by the time of one look, and too short by as much.
    """
    moved = [looks[0][0]]
    moved += [when for (_, before), (when, count) in pairwise(looks) if count != before]
    return max((after - before for before, after in pairwise(moved)), default=0.0)


def checkpoints(options: Options) -> list[Figure]:
    """Measure a worker that reads sketches, of ten thousand tenants who all ask between two checkpoints."""
    changed = QUICK_CHANGED if options.quick else CHANGED
    found = measure(changed)
    what, most = f"checkpoint of {changed:,} changed tenants", PAUSE_LIMIT_SECONDS * 1e3
    return [
        at_most(f"{what}: longest pause, by the worker", "ms", _ms(found.pause), most),
        stated(f"{what}: longest standstill, from outside", "ms", _ms(found.standstill)),
        stated(f"{what}: how long it takes", "ms", _ms(found.duration)),
        stated(f"{what}: judged meanwhile and between", "events/s", Sample.of([found.rate])),
    ]


def _ms(seconds: float) -> Sample:
    return Sample.of([seconds * 1e3])


def measure(changed: int) -> Measured:
    """Run a worker that writes a checkpoint whenever so many requests were judged."""
    with kafka() as bootstrap:
        settings = settings_for(
            bootstrap,
            free_port(),
            **{"state.checkpoint_events": EACH * changed},
        )
        names = [name(number).encode() for number in range(changed)]
        fill(bootstrap, settings.topics.state, state_records(names, snapshots()))
        crowd = Crowd(names, pool(), start=START_MS + AFTER_THE_MODELS_MS, gap=GAP_MS)
        count = CHECKPOINTS * EACH * changed
        fill(bootstrap, settings.topics.sketches, islice(crowd.rounds(), count))
        with worker(settings) as process:
            wait_until(process, "restored", lambda: look(settings).judged >= WARM * changed)
            looks = list(watch(process, settings, count))
    first, last = looks[0], looks[-1]
    done = last.checkpoints - first.checkpoints
    if not done:
        raise BenchmarkError("there was no checkpoint while it was watched")
    return Measured(
        last.pause,
        longest_standstill([(each.when, each.judged) for each in looks if each.judged < count]),
        (last.checkpoint_seconds - first.checkpoint_seconds) / done,
        (last.judged - first.judged) / (last.when - first.when),
    )


def watch(process: subprocess.Popen[bytes], settings: Settings, count: int) -> Iterable[Look]:
    """Yield looks until so many requests are judged.

    Raises
    ------
    BenchmarkError
        The worker ended.
    """
    seen = 0.0
    while seen < count:
        if process.poll() is not None:
            raise BenchmarkError("the worker ended")
        now = look(settings)
        seen = now.judged
        if seen:
            yield now
        time.sleep(LOOK_SECONDS)


def look(settings: Settings) -> Look:
    """Ask a worker how far it is; all is 0 before it answers."""
    found = samples(settings)
    numbers = (found.get(key, 0.0) for key in (_JUDGED, _COUNT, _SUM, _PAUSE))
    return Look(time.perf_counter(), *numbers)
