"""The order in which a checkpoint writes; `streams.partition_state` says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from faust.types import TP

from models.errors import DeliveryError
from streams.deliveries import Deliveries
from streams.interval import Interval
from streams.metrics import Metrics
from streams.steps import OnStep, ignore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StateWrite:
    """A record for the state topic; without a value the key is forgotten."""

    partition: int
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a stage has done since its last checkpoint.

    Parameters
    ----------
    deliveries
        Records that the stage posted.
    snapshots
        To be written once the deliveries have arrived.
    partitions
        The partitions' own records, to be written once the snapshots have arrived.
    positions
        To be committed once all of that has arrived: offsets of the records to read next.
    """

    deliveries: Interval
    positions: Mapping[TP, int]
    snapshots: Sequence[StateWrite] = field(default=())
    partitions: Sequence[StateWrite] = field(default=())


class Freezable(Protocol):
    """A stage, as far as a checkpoint is concerned."""

    def freeze(self) -> Frozen:
        """Return what was done since the last call, in one synchronous step."""

    def pause(self) -> None:
        """Process nothing more until `resume`."""

    def resume(self) -> None:
        """Go on."""


Commit = Callable[[Mapping[TP, int]], Awaitable[bool]]


class Checkpointer:
    """Writes checkpoints, one at a time.

    Parameters
    ----------
    stages
        Those that read and do not commit.
    state
        Sends to the state topic.
    commit
        Commits positions; false when the partitions belong to somebody else by now, which is no failure: the
        next owner goes on from the partitions' own records.
    state_topic
        Its name.
    timeout
        Seconds that each step may take.
    on_step
        Told of the steps as they are reached.
    """

    def __init__(
        self,
        stages: Sequence[Freezable],
        state: Deliveries,
        commit: Commit,
        *,
        state_topic: str,
        timeout: float,
        metrics: Metrics,
        on_step: OnStep = ignore,
    ) -> None:
        self._stages = stages
        self._state = state
        self._commit = commit
        self._state_topic = state_topic
        self._timeout = timeout
        self._metrics = metrics
        self._on_step = on_step
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Write a checkpoint of everything done so far.

        Raises
        ------
        DeliveryError, TopicError
            A record did not arrive. Nothing was committed, and the worker must end: its memory is ahead of
            what is written, and only a restore makes the two agree.
        """
        async with self._one_at_a_time:
            started = time.perf_counter()
            for stage in self._stages:
                stage.pause()
            try:
                written = await self._run()
            finally:
                for stage in self._stages:
                    stage.resume()
            self._metrics.checkpointed(time.perf_counter() - started, written)

    async def _run(self) -> int:
        frozen = [stage.freeze() for stage in self._stages]
        for part in frozen:
            await part.deliveries.settle(self._timeout)
        self._on_step("delivered")
        written = await self._write_all([write for part in frozen for write in part.snapshots])
        self._on_step("snapshots_written")
        written += await self._write_all([write for part in frozen for write in part.partitions])
        self._on_step("partitions_written")
        await self._commit_all({tp: offset for part in frozen for tp, offset in part.positions.items()})
        self._on_step("committed")
        return written

    async def _write_all(self, writes: Sequence[StateWrite]) -> int:
        if not writes:
            return 0
        for write in writes:
            self._state.post(self._state_topic, write.key, write.value, partition=write.partition)
        await self._state.settle(self._timeout)
        return sum(len(write.key) + len(write.value or b"") for write in writes)

    async def _commit_all(self, positions: Mapping[TP, int]) -> None:
        if not positions:
            return
        try:
            kept = await asyncio.wait_for(self._commit(positions), self._timeout)
        except Exception as error:
            raise DeliveryError(f"the offsets could not be committed ({type(error).__name__})") from error
        if not kept:
            log.info("commit left to the next owner of the partitions", partitions=len(positions))
