"""The order in which a checkpoint writes; `streams.partition_state` says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
        To be written once the deliveries have arrived: in slices, each made when it is asked for, as things
        were at the freeze.
    partitions
        The partitions' own records, to be written once the snapshots have arrived.
    positions
        To be committed once all of that has arrived: offsets of the records to read next.
    """

    deliveries: Interval
    positions: Mapping[TP, int]
    snapshots: Iterable[Sequence[StateWrite]] = field(default=())
    partitions: Sequence[StateWrite] = field(default=())


class Freezable(Protocol):
    """A stage, as far as a checkpoint is concerned."""

    def freeze(self) -> Frozen:
        """Return what was done since the last call, in one synchronous step."""

    async def flush(self) -> None:
        """Hand over what was posted."""


Commit = Callable[[Mapping[TP, int]], Awaitable[bool]]


class Checkpointer:
    """Writes checkpoints, one at a time, while the stages go on.

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
        Seconds that the broker may take for each step.
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
        self._pause = 0.0
        self._written = 0

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
            self._pause, self._written = 0.0, 0
            await self._run()
            self._metrics.checkpointed(time.perf_counter() - started, self._written, self._pause)

    async def done(self) -> None:
        """Return when no checkpoint is under way."""
        async with self._one_at_a_time:
            return

    async def _run(self) -> None:
        with self._alone():
            frozen = [stage.freeze() for stage in self._stages]
        for stage in self._stages:
            await stage.flush()
        for part in frozen:
            await part.deliveries.settle(self._timeout)
        self._on_step("delivered")
        for part in frozen:
            await self._write_slices(part.snapshots)
        await self._state.settle(self._timeout)
        self._on_step("snapshots_written")
        self._post([write for part in frozen for write in part.partitions])
        await self._state.settle(self._timeout)
        self._on_step("partitions_written")
        await self._commit_all({tp: offset for part in frozen for tp, offset in part.positions.items()})
        self._on_step("committed")

    async def _write_slices(self, slices: Iterable[Sequence[StateWrite]]) -> None:
        """Make and send slices; the stages have their turn between two."""
        making = iter(slices)
        while True:
            with self._alone():
                writes = next(making, None)
            if writes is None:
                return
            self._post(writes)
            await self._state.flush()
            await asyncio.sleep(0)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Take the time of what no stage can work beside."""
        started = time.perf_counter()
        yield
        self._pause = max(self._pause, time.perf_counter() - started)

    def _post(self, writes: Sequence[StateWrite]) -> None:
        for write in writes:
            self._state.post(self._state_topic, write.key, write.value, partition=write.partition)
            self._written += len(write.key) + len(write.value or b"")

    async def _commit_all(self, positions: Mapping[TP, int]) -> None:
        if not positions:
            return
        try:
            kept = await asyncio.wait_for(self._commit(positions), self._timeout)
        except Exception as error:
            raise DeliveryError(f"the offsets could not be committed ({type(error).__name__})") from error
        if not kept:
            log.info("commit left to the next owner of the partitions", partitions=len(positions))
