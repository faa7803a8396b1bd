"""A service of another thread that is brought down must be woken there, whatever its loop is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import pytest
import uvloop
from mode import Service
from mode.threads import ServiceThread
from mode.utils.locks import Event

from streams.thread_events import share_events

Result = TypeVar("Result")
NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]


class Parent(Service):
    """Whose child lives in a thread of its own."""

    def __init__(self, new_loop: NewLoop) -> None:
        super().__init__()
        thread_loop = new_loop()
        thread_loop.set_debug(enabled=True)  # refuses what is done to it from another thread
        self.thread = Child(thread_loop=thread_loop, beacon=self.beacon)
        self.thread._close_thread_loop_on_stop = True
        self.add_dependency(self.thread)


class Child(ServiceThread):
    """Sleeps for long unless it is woken."""

    async def on_start(self) -> None:
        self.woken = self.add_future(self.sleep(3600))

    async def fail(self) -> None:
        """Bring down the family from this thread."""
        await self.crash(ValueError("in the thread"))


@pytest.fixture(autouse=True)
def _shared() -> None:
    share_events()


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_parent_that_crashes_wakes_its_child_in_another_thread(new_loop: NewLoop) -> None:
    async def crash() -> Parent:
        parent = Parent(new_loop)
        await parent.start()
        await parent.crash(ValueError("above"))
        await asyncio.wait_for(parent.stop(), 30)
        return parent

    parent = _run(crash(), new_loop)
    assert parent.thread.crashed
    assert parent.thread.woken.done()


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_child_that_crashes_in_its_thread_wakes_who_waits_for_its_parent(new_loop: NewLoop) -> None:
    async def crash() -> Parent:
        parent = Parent(new_loop)
        await parent.start()
        waiting = asyncio.create_task(parent.wait_until_stopped())
        await asyncio.sleep(0)
        asyncio.run_coroutine_threadsafe(parent.thread.fail(), parent.thread.thread_loop)
        await asyncio.wait_for(waiting, 30)
        await asyncio.wait_for(parent.stop(), 30)
        return parent

    assert _run(crash(), new_loop).crashed


@pytest.mark.parametrize("new_loop", LOOPS)
def test_who_waits_in_the_same_loop_is_woken_once_it_is_set(new_loop: NewLoop) -> None:
    async def wait() -> bool:
        event = Event(loop=asyncio.get_running_loop())
        waiting = asyncio.create_task(event.wait())
        await asyncio.sleep(0)
        event.set()
        event.set()
        return event.is_set() and await asyncio.wait_for(waiting, 30)

    assert _run(wait(), new_loop)


@pytest.mark.parametrize("new_loop", LOOPS)
def test_an_event_of_a_loop_that_is_closed_can_be_set(new_loop: NewLoop) -> None:
    loop = new_loop()
    event = Event(loop=loop)
    loop.close()
    event.set()
    assert event.is_set()


def test_an_event_for_which_nobody_has_waited_belongs_to_no_loop_yet() -> None:
    event = Event()
    event.set()
    assert event.is_set()
    assert event._loop is None


def _run(what: Coroutine[object, object, Result], new_loop: NewLoop) -> Result:
    def new_watched_loop() -> asyncio.AbstractEventLoop:
        loop = new_loop()
        loop.set_debug(enabled=True)
        return loop

    with asyncio.Runner(loop_factory=new_watched_loop) as runner:
        return runner.run(what)
