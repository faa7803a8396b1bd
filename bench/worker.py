"""Runs of the real worker process, timed by its own metrics."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from bench.pace import LEFT_OUT, LONGEST_SECONDS, Pace
from streams.__main__ import ONE_THREAD
from streams.settings import Settings

LOOK_SECONDS = 0.2
ENOUGH_LOOKS = 10
STOP_SECONDS = 60.0
SETTLED_SECONDS = 2.0
_EVENTS = re.compile(rb'^distillwatch_events_total\{stage="(\w+)"\} (\S+)$', re.MULTILINE)


Running = tuple[Settings, subprocess.Popen[bytes]]
"""A worker and its settings."""


class Look(NamedTuple):
    """How many records were begun and done, and the clocks of wall, workers and broker in seconds."""

    begun: float
    done: float
    wall: float
    computed: float
    broker: float


class BenchmarkError(Exception):
    """A run did not come to its end."""


@contextmanager
def worker(settings: Settings, role: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """One worker as a process, or one stage of it; ended by its process id."""
    process = start(settings, role=role)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(settings: Settings, log: IO[bytes] | None = None, role: str = "") -> subprocess.Popen[bytes]:
    """Start a worker, or one stage of it (see `bench.role`); it logs to `log`, or where we do."""
    command = [sys.executable, "-m", *(["bench.role", role] if role else ["streams", "worker"])]
    environment = _environment(settings) | dict.fromkeys(
        ONE_THREAD, "1"
    )  # numpy reads them when it is loaded
    return subprocess.Popen(command, env=environment, stderr=log)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(settings: Settings) -> dict[str, str]:
    """Return the settings that differ from the defaults as the variables that the worker reads."""
    environment = dict(os.environ)
    for section, values in settings.model_dump(exclude_defaults=True, mode="json").items():
        for key, value in values.items():
            environment[f"DISTILLWATCH_{section}__{key}".upper()] = str(value)
    return environment


def speed(settings: Settings, stage: str, count: int, *, broker: int = 0) -> Pace:
    """Run a worker until a stage has processed `count` records, and return its pace.

    Parameters
    ----------
    broker
        Process id of a broker whose computing is measured as well.

    Raises
    ------
    BenchmarkError
        The worker ended, or needs more than five minutes.
    """
    with worker(settings) as process:
        return pace([(settings, process)], stage, count, broker=broker)


def pace(
    workers: Sequence[Running],
    stage: str,
    count: int,
    *,
    first: str = "",
    broker: int = 0,
) -> Pace:
    """Watch workers until together they have processed `count` records of a stage.

    Parameters
    ----------
    first
        The stage that begins, where that is another: one that runs ahead has done much of the work before the
        last one has come far.

    Raises
    ------
    BenchmarkError
        A worker ended, or they need more than five minutes.
    """
    looks: list[Look] = []
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for _, process in workers):
        found = [processed(settings) for settings, _ in workers]
        begun, done = (sum(one.get(name, 0.0) for one in found) for name in (first or stage, stage))
        computed = sum(cpu_seconds(process.pid) for _, process in workers)
        looks.append(Look(begun, done, time.perf_counter(), computed, cpu_seconds(broker) if broker else 0.0))
        if done >= count:
            return between(looks, count)
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError(f"the workers did not process {count} records in {stage}")


def between(looks: Sequence[Look], count: int) -> Pace:
    """Return the pace from the first look after a tenth of the records to the last but one.

    Nobody knows how long before the last look all was done. Where the others are too few, it counts as well,
    and if need be the one before a tenth.
    """
    first = next(place for place, look in enumerate(looks) if look.begun * LEFT_OUT >= count)
    last = len(looks) - (2 if len(looks) - first > ENOUGH_LOOKS else 1)
    start, end = looks[first if first < last else max(0, first - 1)], looks[last]
    clocks = (after - before for before, after in zip(start[2:], end[2:], strict=True))
    return Pace(end.done - start.begun, *clocks)


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processed(settings: Settings) -> dict[str, float]:
    """Return the records processed so far, by stage; nothing before the worker answers.

    Asks for no other metric: to make all of them, five times a second, is work that no deployment has.
    """
    here = f"http://{settings.metrics.host}:{settings.metrics.port}/metrics?name[]=distillwatch_events_total"
    try:
        with urlopen(here, timeout=5) as page:
            text = page.read()
    except (URLError, ConnectionError, TimeoutError):
        return {}
    return {stage.decode(): float(value) for stage, value in _EVENTS.findall(text)}


def ready(settings: Settings) -> bool:
    """Tell whether a worker reads."""
    try:
        with urlopen(
            f"http://{settings.metrics.host}:{settings.metrics.port}/health/ready", timeout=5
        ) as page:
            return bool(page.status == 200)  # noqa: PLR2004
    except (URLError, ConnectionError, TimeoutError):
        return False


def wait_for(workers: Sequence[Settings]) -> None:
    """Wait until all workers have read, or could have, for two seconds.

    Raises
    ------
    BenchmarkError
        That takes more than five minutes.
    """
    since = deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        now = time.monotonic()
        since = min(since, now) if all(map(ready, workers)) else deadline
        if now - since >= SETTLED_SECONDS:
            return
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError("the workers did not come to read")
