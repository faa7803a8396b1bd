"""Acts when a worker no longer gets on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from streams.liveness import Liveness

log = structlog.get_logger(__name__)


class Watchdog:
    """Looks at the liveness once a second, from outside the event loop.

    Parameters
    ----------
    on_dead
        Called once, in the watchdog's own thread.
    """

    def __init__(self, liveness: Liveness, on_dead: Callable[[], None]) -> None:
        self._liveness = liveness
        self._on_dead = on_dead
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._closed.wait(1.0):
            if not self._liveness.alive():
                log.error("no progress although records wait: ending", seconds=self._liveness.silence())
                self._on_dead()
                return

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()
