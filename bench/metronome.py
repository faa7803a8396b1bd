"""Publishing at an even pace."""

from __future__ import annotations

import time
from collections.abc import Callable

TICK_SECONDS = 0.002
"""Who is less than this ahead need not sleep: a sleep for each record would cost more than the record."""


class Metronome:
    """Holds up whoever is ahead of a rate, and notes how far behind he was.

    Parameters
    ----------
    rate
        Records a second, above 0.
    clock, sleep
        Monotonic seconds, and how to let them pass.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._start = clock()
        self.behind = 0.0
        """By how many seconds a record was too late at most."""

    def wait(self, number: int) -> None:
        """Return when it is time for a record, the first of which is number 0."""
        ahead = self._start + number / self._rate - self._clock()
        if ahead > TICK_SECONDS:
            self._sleep(ahead)
        else:
            self.behind = max(self.behind, -ahead)
