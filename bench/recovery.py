"""How long a new worker needs after a crash, and how long one needs to stop, with a large state.

The seconds are those from the start of the process to the first event that it judges, and what they go to.
The worker before it was killed, so that its place in the group is taken until its session ends.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.broker import fill, kafka, settings_for
from bench.figure import Figure, Sample, at_most, stated
from bench.options import Options
from bench.pace import LONGEST_SECONDS
from bench.tenants import snapshots, state_records
from bench.traffic import events, name
from bench.worker import BenchmarkError, free_port, processed, ready, start
from streams.settings import Settings

RECOVERY_LIMIT_SECONDS = 30.0
STOP_LIMIT_SECONDS = 10.0
LOOK_SECONDS = 0.02
BEFORE_THE_CRASH = 5_000
EVENTS_BEFORE_THE_STOP = 12_000  # of more than 10,000 tenants, if there are 100,000


@dataclass
class Watched:
    """A worker and the seconds since its start at which it was seen to have come so far."""

    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path
    began: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

    def until(self, step: str, reached: Callable[[], bool]) -> None:
        """Wait for a step and note its time.

        Raises
        ------
        BenchmarkError
            The worker ended, or needs more than five minutes.
        """
        while not reached():
            late = time.monotonic() - self.began > LONGEST_SECONDS
            if late or self.process.poll() is not None:
                raise BenchmarkError(f"{step}: not reached\n{self.log.read_text()[-4000:]}")
            time.sleep(LOOK_SECONDS)
        self.seconds[step] = time.monotonic() - self.began

    def said(self, words: str) -> bool:
        """Tell whether the worker has logged these words."""
        return words in self.log.read_text()

    def judged(self) -> float:
        """Return how many records detect has processed."""
        return processed(self.settings).get("detect", 0.0)


@contextmanager
def watched(settings: Settings, folder: Path) -> Iterator[Watched]:
    """One worker as a process whose log is kept; killed at the end, by its process id."""
    log = folder / f"{time.monotonic_ns()}.log"
    with log.open("wb") as file:
        process = start(settings, file)
    try:
        yield Watched(settings, process, log)
    finally:
        process.kill()
        process.wait()


def recovery(options: Options) -> list[Figure]:
    """Fill a state topic, kill a worker, and measure the next one, once."""
    tenants = options.tenants
    with kafka() as bootstrap, tempfile.TemporaryDirectory() as folder:
        settings = settings_for(bootstrap, free_port(), **{"log.level": "info"})
        size = prepare(bootstrap, settings, tenants)
        with watched(settings, Path(folder)) as first:
            first.until("judged", lambda: first.judged() >= BEFORE_THE_CRASH)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
        late = settings.model_copy(
            update={"state": settings.state.model_copy(update={"checkpoint_seconds": 3600.0})}
        )
        with watched(late, Path(folder)) as second:
            follow(second)
            stopped = stop(second)
    steps = list(second.seconds.items())
    return [
        *(
            stated(f"recovery, {step}", "s", Sample.of([at - before]))
            for (step, at), (_, before) in zip(steps, [("", 0.0), *steps], strict=False)
        ),
        at_most(
            f"crash to first event judged, {tenants:,} tenants, {size / 1e6:,.0f} MB of state",
            "s",
            Sample.of([steps[-1][1]]),
            RECOVERY_LIMIT_SECONDS,
        ),
        at_most(
            f"SIGTERM to the end, {changed(tenants):,} tenants changed",
            "s",
            Sample.of([stopped]),
            STOP_LIMIT_SECONDS,
        ),
    ]


def prepare(bootstrap: str, settings: Settings, tenants: int) -> int:
    """Fill the state topic and the source; return the bytes of state."""
    names = [name(number).encode() for number in range(tenants)]
    blobs = snapshots()
    fill(bootstrap, settings.topics.state, state_records(names, blobs))
    count = 4 * (BEFORE_THE_CRASH + EVENTS_BEFORE_THE_STOP)
    fill(bootstrap, settings.source.topic, events(count, text=True, seed=2, tenants=tenants))
    return tenants * sum(map(len, blobs)) // len(blobs)


def changed(tenants: int) -> int:
    """Return the number of tenants that so many events drawn at random are expected to be of."""
    return round(tenants * (1 - (1 - 1 / tenants) ** EVENTS_BEFORE_THE_STOP))


def follow(worker: Watched) -> None:
    """Wait for the steps of a start."""
    worker.until("load the program", lambda: worker.said("worker starts"))
    worker.until("join the group", lambda: worker.said("partitions assigned"))
    worker.until("restore the state", lambda: ready(worker.settings))
    worker.until("judge the first event", lambda: worker.judged() > 0)


def stop(worker: Watched) -> float:
    """Let tenants change, stop the worker under load, and return the seconds.

    Raises
    ------
    BenchmarkError
        It did not end as asked.
    """
    steps = dict(worker.seconds)
    worker.until("changed", lambda: worker.judged() >= EVENTS_BEFORE_THE_STOP)
    worker.seconds = steps
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    code = worker.process.wait(LONGEST_SECONDS)
    seconds = time.monotonic() - began
    if code:
        raise BenchmarkError(f"the stop ended with {code}\n{worker.log.read_text()[-4000:]}")
    return seconds
