from __future__ import annotations

import threading

from streams.liveness import Liveness
from streams.watchdog import Watchdog


def test_the_watchdog_acts_when_there_is_no_progress() -> None:
    now = [0.0]
    dead = threading.Event()
    watchdog = Watchdog(Liveness(5.0, lambda: now[0]), dead.set)
    now[0] = 6.0
    assert dead.wait(10)
    watchdog.close()
