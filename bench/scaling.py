"""Two workers on two cores against one: detect with sketches in, each with a long backlog, in turn.

What is compared is the pace of a stretch in which all workers have their partitions and records to read, so
that starts and rebalances do not count. The broker computes on the same cores: its share is stated. Beside
one worker it computes on the core that the worker leaves idle, and beside two it takes from them what it
needs, so that they cannot be twice as fast. A core for each worker and its share of the broker is the last
way that is measured: all on one core against all on two.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.broker import fill, read_through, settings_for
from bench.crowd import Crowd, pool
from bench.figure import Figure, Sample, beside, stated
from bench.options import Options
from bench.pages import judged, samples
from bench.traffic import TENANTS, name
from bench.worker import BenchmarkError, cpu_seconds, free_port, ready, worker
from streams.settings import Settings
from streams.simulation import START_MS

from local_kafka import LocalKafka  # isort: skip  kafka-python warns unless ours imports it first

LEAST_TIMES = 1.7
FREE, PINNED = "detect", "detect, each worker on its own core"
WHOLE = "detect, workers and broker on as many cores"
WAYS = (FREE, PINNED, WHOLE)
BACKLOG = 4
"""Times the events of a usual run."""

WARM_UPS = 4
"""How often the backlog is read before: a young broker computes four times as much for an event."""

READ_SHARE = 0.7
"""Where the stretch ends: nobody may have run out of records by then."""

LONGEST_SECONDS = 300.0
LOOK_SECONDS = 0.1
GAP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """What workers did together.

    Parameters
    ----------
    workers_seconds, broker_seconds
        User and system time of all workers, and of the broker.
    """

    events: float
    seconds: float
    workers_seconds: float
    broker_seconds: float

    @property
    def a_second(self) -> float:
        """Events a second of the clock on the wall."""
        return self.events / self.seconds

    @property
    def workers_us(self) -> float:
        """What the workers computed for an event, in microseconds."""
        return 1e6 * self.workers_seconds / self.events

    @property
    def broker_us(self) -> float:
        """What the broker computed for an event, in microseconds."""
        return 1e6 * self.broker_seconds / self.events


def scaling(options: Options) -> list[Figure]:
    """Measure one worker and two on the cores that each of `WAYS` leaves them, in turn."""
    count = BACKLOG * options.events
    found: dict[tuple[int, str], list[Stretch]] = {(workers, way): [] for way in WAYS for workers in (1, 2)}
    with LocalKafka() as broker:
        topic = settings_for(broker.bootstrap, free_port()).topics.sketches
        crowd = Crowd([name(n).encode() for n in range(TENANTS)], pool(), start=START_MS, gap=GAP_MS)
        fill(broker.bootstrap, topic, islice(crowd.rounds(), count))
        for _ in range(0 if options.quick else WARM_UPS):
            read_through(broker.bootstrap, topic, count)
        for _ in range(options.runs):
            for (workers, way), stretches in found.items():
                stretches.append(measure(broker, topic, count, workers, way))
    return [figure for way in WAYS for figure in _figures(found[1, way], found[2, way], way)]


def _figures(one: Sequence[Stretch], two: Sequence[Stretch], how: str) -> list[Figure]:
    def of(read: Callable[[Stretch], float], stretches: Sequence[Stretch]) -> Sample:
        return Sample.of(map(read, stretches))

    walls = of(lambda s: s.a_second, two), of(lambda s: s.a_second, one)
    return [
        beside(f"{how}: two workers", "events/s", walls[0], "one worker", walls[1], least=LEAST_TIMES),
        *(
            stated(f"{how}: {many}, {who}", "CPU us/event", of(read, stretches))
            for many, stretches in (("one worker", one), ("two workers", two))
            for who, read in (("workers", lambda s: s.workers_us), ("broker", lambda s: s.broker_us))
        ),
    ]


def measure(broker: LocalKafka, topic: str, count: int, workers: int, way: str) -> Stretch:
    """Let workers of one group read a topic of sketches that is full, and return a stretch of it.

    Parameters
    ----------
    way
        On which cores: `FREE`, `PINNED` or `WHOLE`.

    Raises
    ------
    BenchmarkError
        A worker ended, or one had nothing left to read when the stretch ended.
    """
    first = settings_for(broker.bootstrap, free_port(), **{"topics.sketches": topic})
    group = [first]
    for _ in range(workers - 1):
        metrics = first.metrics.model_copy(update={"port": free_port()})
        group.append(first.model_copy(update={"metrics": metrics}))
    with ExitStack() as stack:
        processes = [stack.enter_context(worker(settings)) for settings in group]
        pids = [process.pid for process in processes]

        def alive() -> bool:
            return all(process.poll() is None for process in processes)

        _wait(alive, lambda: all(ready(settings) and judged(settings) for settings in group))
        for core, pid in enumerate(pids if way == PINNED else ()):
            pin(pid, [core])
        if way == WHOLE:
            for pid in (*pids, broker.pid):
                pin(pid, range(workers))
            stack.callback(pin, broker.pid, range(os.cpu_count() or 1))
        start = _look(group, pids, broker.pid)
        _wait(alive, lambda: _look(group, pids, broker.pid)[0] >= READ_SHARE * count)
        end = _look(group, pids, broker.pid)
        if not all(samples(settings).get("distillwatch_lag_records") for settings in group):
            raise BenchmarkError("a worker ran out of records: the backlog is too short")
    return Stretch(*(after - before for before, after in zip(start, end, strict=True)))


def pin(pid: int, places: Iterable[int]) -> None:
    """Keep all threads of a process on some of the cores that we may use."""
    cores = sorted(os.sched_getaffinity(0))
    chosen = {cores[place % len(cores)] for place in places}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # it has just ended
            os.sched_setaffinity(int(thread.name), chosen)


def _look(group: Sequence[Settings], pids: Sequence[int], broker: int) -> tuple[float, float, float, float]:
    done = sum(judged(settings) for settings in group)
    return done, time.perf_counter(), sum(map(cpu_seconds, pids)), cpu_seconds(broker)


def _wait(alive: Callable[[], bool], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not reached():
        if time.monotonic() > deadline or not alive():
            raise BenchmarkError("the workers did not come so far")
        time.sleep(LOOK_SECONDS)
