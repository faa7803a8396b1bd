from __future__ import annotations

import threading

import pytest

from models.errors import BrokerError, DeliveryError, SettingsError, TopicError
from streams import worker
from streams.liveness import Liveness


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("wrong"), 2),
        (TopicError("missing"), 2),
        (BrokerError("down"), 1),
        (DeliveryError("refused"), 1),
        (ValueError("a fault of ours"), 1),
    ],
)
def test_the_exit_code_says_who_has_to_act(error: Exception, code: int) -> None:
    assert worker._report(error) == code


def test_the_watchdog_acts_when_there_is_no_progress() -> None:
    now = [0.0]
    dead = threading.Event()
    watchdog = worker._Watchdog(Liveness(5.0, lambda: now[0]), dead.set)
    now[0] = 6.0
    assert dead.wait(10)
    watchdog.close()
