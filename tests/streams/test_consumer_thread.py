"""What may be asked of the consumer's thread from ours, and what may not."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from streams.consumer_thread import BatchConsumerThread
from streams.faust_app import DistillwatchApp, new_app
from streams.settings import Settings


class Untouchable:
    """A consumer that belongs to another thread."""

    def __setattr__(self, name: str, value: object) -> None:
        pytest.fail(f"{name} was set")

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was asked for")


class SlowThread:
    """Ends only after our loop has run something."""

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def stop(self) -> None:
        """Wait."""
        assert self.may_end.wait(30), "our loop was held up"


def test_partitions_that_come_while_the_worker_stops_do_not_close_the_consumer_from_our_loop() -> None:
    async def assign() -> DistillwatchApp:
        app = _app()
        _thread(app)._consumer = Untouchable()
        await app.crash(ValueError("it fails"))
        await app._on_partitions_assigned(set())
        await asyncio.sleep(0.01)
        return app

    assert asyncio.run(assign()).should_stop


def test_our_loop_goes_on_while_the_thread_ends() -> None:
    async def stop() -> None:
        thread, slow = _thread(_app()), SlowThread()
        thread._started.set()
        thread._shutdown.set()
        thread._thread = slow
        stopping = asyncio.create_task(thread.stop())
        await asyncio.sleep(0.01)
        slow.may_end.set()
        await stopping

    asyncio.run(stop())


def test_a_thread_that_has_ended_by_itself_can_be_told_to_stop() -> None:
    async def stop() -> None:
        thread, ended = _thread(_app()), SlowThread()
        thread._started.set()
        thread._shutdown.set()
        thread._thread = ended
        ended.may_end.set()
        thread.thread_loop.close()
        await thread.stop()
        assert thread.should_stop

    asyncio.run(stop())


def _app() -> DistillwatchApp:
    return new_app(Settings(), batch_topics=[], latest_topics=[], on_lost=lambda *_: None)


def _thread(app: DistillwatchApp) -> BatchConsumerThread:
    return app.lane._thread
