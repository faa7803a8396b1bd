"""Publishing at a chosen speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """Holds events back.

    Parameters
    ----------
    rate
        Events per second; unlimited when absent.
    speed
        How many times faster than the events' own time; unlimited when absent.
    """

    def __init__(
        self, rate: float | None = None, speed: float | None = None, clock: Clock | None = None
    ) -> None:
        self._rate = rate
        self._speed = speed
        self._clock = clock or Clock()
        self._begin = self._clock.now()
        self._first_ms: int | None = None
        self._events = 0

    def wait(self, event_ms: int | None = None) -> None:
        """Sleep until the next event is due; `event_ms` is its own time, Unix milliseconds."""
        delay = max(self._due_by_rate(), self._due_by_time(event_ms)) - self._clock.now()
        self._events += 1
        if delay > 0:
            self._clock.sleep(delay)

    def _due_by_rate(self) -> float:
        return self._begin + self._events / self._rate if self._rate else 0.0

    def _due_by_time(self, event_ms: int | None) -> float:
        if self._speed is None or event_ms is None:
            return 0.0
        if self._first_ms is None:
            self._first_ms = event_ms
        return self._begin + (event_ms - self._first_ms) / 1000 / self._speed
