"""Whether the worker gets on: progress, or nothing to do."""

from __future__ import annotations

import time
from collections.abc import Callable


class Liveness:
    """Remembers when the worker last made progress or had nothing to read.

    It is safe to ask from another thread, and a worker that hangs altogether looks dead, because it no longer
    says anything.

    Parameters
    ----------
    seconds
        How long there may be something to read without progress.
    clock
        Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last = clock()

    def progress(self) -> None:
        """Say that something was processed, or that there is nothing to process."""
        self._last = self._clock()

    def silence(self) -> float:
        """Return the seconds since the last progress."""
        return self._clock() - self._last

    def alive(self) -> bool:
        """Tell whether the last progress is recent enough."""
        return self.silence() <= self._seconds
