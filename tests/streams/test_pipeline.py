"""When a checkpoint is written, and when a stage waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from streams.pipeline import CROWDED, FULL, Pipeline
from streams.snapshot_store import StoreError


class Stage:
    """Has room for tenants; each batch takes some of it."""

    def __init__(self) -> None:
        self.room_taken = 0.0
        self.takes = 0.3
        self.batches = 0
        self.fails = False

    def halt(self) -> None: ...

    def reset(self) -> None: ...

    async def process(self, _batch: object) -> int:
        await asyncio.sleep(0)
        if self.fails:
            raise StoreError("no room")
        self.room_taken += self.takes
        self.batches += 1
        return 10

    def crowd(self) -> float:
        return self.room_taken


class Checkpointer:
    """Empties the stage's room, when it is let."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = asyncio.Lock()
        self.may_end = asyncio.Event()
        self.runs = 0

    async def run(self) -> None:
        async with self._lock:
            await self.may_end.wait()
            self._stage.room_taken = 0.0
            self.runs += 1

    async def done(self) -> None:
        async with self._lock:
            return


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run(body: Callable[[Stage, Checkpointer, Pipeline], Any], events: int = 1_000_000) -> None:
    async def whole() -> None:
        stage = Stage()
        checkpointer = Checkpointer(stage)
        pipeline = Pipeline([cast("Any", stage)], cast("Any", checkpointer), seconds=3600, events=events)
        writing = asyncio.create_task(pipeline.checkpoint_for_ever())
        await asyncio.sleep(0)
        await body(stage, checkpointer, pipeline)
        writing.cancel()

    asyncio.run(whole())


async def process(pipeline: Pipeline, stage: Stage) -> None:
    await pipeline.process(cast("Any", stage), cast("Any", None))


def test_a_crowd_calls_for_one_checkpoint_and_a_full_stage_waits_for_it() -> None:
    async def body(stage: Stage, checkpointer: Checkpointer, pipeline: Pipeline) -> None:
        while stage.room_taken <= FULL:
            await process(pipeline, stage)
            await turns()
            assert checkpointer._lock.locked() == (stage.room_taken > CROWDED)
        before = stage.batches
        waiting = asyncio.create_task(process(pipeline, stage))
        await turns()
        assert stage.batches == before
        checkpointer.may_end.set()
        await waiting
        await turns()
        assert checkpointer.runs == 1

    run(body)


@pytest.mark.parametrize("events", [10, 30])
def test_so_many_events_call_for_a_checkpoint(events: int) -> None:
    async def body(stage: Stage, checkpointer: Checkpointer, pipeline: Pipeline) -> None:
        checkpointer.may_end.set()
        stage.takes = 0.0
        for number in range(1, 7):
            await process(pipeline, stage)
            await turns()
            assert checkpointer.runs == number * 10 // events

    run(body, events)


def test_what_a_stage_failed_in_the_middle_of_is_in_no_checkpoint() -> None:
    async def body(stage: Stage, checkpointer: Checkpointer, pipeline: Pipeline) -> None:
        checkpointer.may_end.set()
        await process(pipeline, stage)
        await turns()
        assert checkpointer.runs == 1
        stage.fails = True
        with pytest.raises(StoreError):
            await process(pipeline, stage)
        stage.fails = False
        await process(pipeline, stage)
        await turns()
        await pipeline.leave(30)
        assert checkpointer.runs == 1

    run(body, events=10)


def test_a_crash_elsewhere_ends_the_checkpoints_too() -> None:
    async def body(stage: Stage, checkpointer: Checkpointer, pipeline: Pipeline) -> None:
        checkpointer.may_end.set()
        pipeline.give_up()
        await process(pipeline, stage)
        await turns()
        assert checkpointer.runs == 0

    run(body, events=10)
