"""Messages that come too fast for people: they are held, and become one summary."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Held = TypeVar("Held")
MOST_HELD = 5_000


class Flood(Generic[Held]):
    """Lets so many messages a minute pass one by one (a token bucket), and holds what comes beyond.

    Once one is held all that follow are, until the summary is taken, so that their order stays.

    Parameters
    ----------
    per_minute
        Messages that pass, as many of them at once at most.
    seconds
        For how long messages are held, from the first on.
    """

    def __init__(self, per_minute: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60.0
        self._most = float(per_minute)
        self._seconds = seconds
        self._clock = clock
        self._tokens, self._filled = self._most, clock()
        self._since = 0.0
        self._held: list[Held] = []

    def passes(self) -> bool:
        """Tell whether a message may be sent by itself now; if not it has to be held."""
        if self._held:
            return False
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def hold(self, message: Held) -> None:
        """Keep a message for the summary."""
        if not self._held:
            self._since = self._clock()
        self._held.append(message)

    @property
    def held(self) -> list[Held]:
        """What waits, the oldest first."""
        return list(self._held)

    @property
    def is_due(self) -> bool:
        """Whether the summary has to be sent."""
        return bool(self._held) and (
            self._clock() - self._since >= self._seconds or len(self._held) >= MOST_HELD
        )

    def clear(self, keep: Callable[[Held], bool] = lambda _: False) -> None:
        """Forget what is held, but for what is to be kept."""
        self._held = [held for held in self._held if keep(held)]

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
