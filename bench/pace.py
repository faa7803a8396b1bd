"""How fast a process gets through events; needs nothing but the standard library.

A process that is measured prints one line of JSON at its end, and the one that started it reads the line.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

LONGEST_SECONDS = 300.0
LEFT_OUT = 10
"""The first tenth is not measured: what is loaded, compiled or fetched ahead then."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured.

    Parameters
    ----------
    seconds
        Of the clock on the wall.
    cpu_seconds
        User and system, all threads of the processes that were measured.
    broker_seconds
        The same of the broker; 0 where it was not watched.
    """

    events: float
    seconds: float
    cpu_seconds: float
    broker_seconds: float = 0.0

    @property
    def a_second(self) -> float:
        """Events a second of the clock on the wall."""
        return self.events / self.seconds

    @property
    def a_cpu_second(self) -> float:
        """Events a second of computing: what one core would do if it were never waited for anything."""
        return self.events / max(self.cpu_seconds, 1e-9)


@dataclass(slots=True)
class Stopwatch:
    """Measures this process from the first tenth of the events to the last of them."""

    count: int
    _seen: int = 0
    _began: tuple[int, float, float] | None = None
    _pace: Pace | None = field(default=None)

    def saw(self, events: int = 1) -> bool:
        """Take note of events; return whether those were the last."""
        self._seen += events
        if self._began is None:
            if self._seen * LEFT_OUT >= self.count:
                self._began = self._seen, time.perf_counter(), time.process_time()
        elif self._seen >= self.count and self._pace is None:
            before, wall, cpu = self._began
            self._pace = Pace(self._seen - before, time.perf_counter() - wall, time.process_time() - cpu)
        return self._pace is not None

    def say(self) -> None:
        """Print what was measured.

        Raises
        ------
        RuntimeError
            Not all events were seen.
        """
        if self._pace is None:
            raise RuntimeError(f"{self._seen} of {self.count} events were seen")
        os.write(1, json.dumps(asdict(self._pace)).encode() + b"\n")  # Faust takes `sys.stdout` for its log


def of(command: Sequence[str], **environment: str) -> Pace:
    """Run a process to its end and return what it says last.

    Raises
    ------
    CalledProcessError
        It failed.
    TimeoutExpired
        It needs more than five minutes.
    """
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=LONGEST_SECONDS,
        env={**os.environ, **environment},
    )
    return Pace(**json.loads(done.stdout.splitlines()[-1]))
