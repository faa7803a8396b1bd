"""What a worker says of itself while it runs, and what the system says of it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.worker import BenchmarkError, processed
from streams.settings import Settings

LONGEST_SECONDS = 900.0
LOOK_SECONDS = 0.2
_SAMPLE = re.compile(rb"^(\w+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


def samples(settings: Settings) -> dict[str, float]:
    """Return the worker's metrics by name and labels as they are written; none while it does not answer."""
    try:
        with urlopen(f"http://{settings.metrics.host}:{settings.metrics.port}/metrics", timeout=5) as page:
            text = page.read()
    except (URLError, ConnectionError, TimeoutError):
        return {}
    return {name.decode(): float(value) for name, value in _SAMPLE.findall(text)}


def judged(settings: Settings) -> float:
    """Return how many records detect has processed."""
    return processed(settings).get("detect", 0.0)


def resident_kib(process: subprocess.Popen[bytes]) -> int:
    """Return the memory of a process that is resident, in KiB."""
    found = _RESIDENT.search(Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8"))
    return int(found[1]) if found else 0


def wait_until(process: subprocess.Popen[bytes], what: str, reached: Callable[[], bool]) -> None:
    """Wait for something that a worker does.

    Raises
    ------
    BenchmarkError
        It ended, or needs more than fifteen minutes.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    while not reached():
        if time.monotonic() > deadline or process.poll() is not None:
            raise BenchmarkError(f"the worker did not come so far: {what}")
        time.sleep(LOOK_SECONDS)
