"""Events of Faust's services that any thread may set.

A service that crashes marks all of its kin, and the consumer's kin live in two threads. The events of the
mode library wake who waits from whichever thread that is. asyncio's own loop survives it, and sleeps on;
uvloop keeps its handles in C, and what breaks there ends the process or never wakes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from mode.utils.locks import Event


def share_events() -> None:
    """Let every event of this process be set from any thread; again has no effect."""
    Event.set = _set  # type: ignore[method-assign, assignment]


def _set(event: Event) -> None:
    if event._value:  # noqa: SLF001
        return
    event._value = True  # noqa: SLF001
    loop = event._loop  # noqa: SLF001
    if loop is None:  # nobody has waited yet
        return
    if loop is asyncio._get_running_loop():  # noqa: SLF001 -- the public one raises where there is none
        _wake(event)
        return
    with suppress(RuntimeError):  # in a loop that is closed nobody waits
        loop.call_soon_threadsafe(_wake, event)


def _wake(event: Event) -> None:
    for waiter in event._waiters:  # noqa: SLF001
        if not waiter.done():
            waiter.set_result(True)
