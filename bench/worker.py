"""Runs of the real worker process, timed by its own metrics."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from streams.settings import Settings

LONGEST_SECONDS = 300.0
LOOK_SECONDS = 0.1
_EVENTS = re.compile(rb'^distillwatch_events_total\{stage="(\w+)"\} (\S+)$', re.MULTILINE)


class BenchmarkError(Exception):
    """A run did not come to its end."""


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """One worker as a process; ended by its process id."""
    process = start(settings)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def start(settings: Settings, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Start a worker; it logs to `log`, or where we do."""
    command = [sys.executable, "-m", "streams", "worker"]
    return subprocess.Popen(command, env=_environment(settings), stderr=log)


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


def speed(settings: Settings, stage: str, count: int) -> float:
    """Run a worker until a stage has processed `count` records; return records a second.

    The clock starts at the first look that finds any, and leaves out what was done by then.

    Raises
    ------
    BenchmarkError
        The worker ended, or needs more than five minutes.
    """
    with worker(settings) as process:
        started, before = 0.0, 0.0
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            done = processed(settings).get(stage, 0.0)
            now = time.perf_counter()
            if done >= count:
                return (done - before) / (now - started)
            if done and not started:
                started, before = now, done
            time.sleep(LOOK_SECONDS)
    raise BenchmarkError(f"the worker did not process {count} records in {stage}")


def processed(settings: Settings) -> dict[str, float]:
    """Return the records processed so far, by stage; nothing before the worker answers."""
    try:
        with urlopen(f"http://{settings.metrics.host}:{settings.metrics.port}/metrics", timeout=5) as page:
            text = page.read()
    except (URLError, ConnectionError, TimeoutError):
        return {}
    return {stage.decode(): float(value) for stage, value in _EVENTS.findall(text)}
