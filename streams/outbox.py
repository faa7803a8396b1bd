"""Records on their way to the broker: collected by partition, sent in batches, in the order of posting.

A batch of a partition leaves when it is full or has waited `LINGER_SECONDS`, and the one before it has
arrived. An idempotent producer has one request under way for a partition: small batches would queue up behind
each other, and here what comes meanwhile joins the batch that waits. So batches grow with the load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from aiokafka import errors  # type: ignore[import-untyped]

from streams.interval import Interval
from streams.partitioner import partition_of
from streams.refusals import refusal

LINGER_SECONDS = 0.01
MOST_UNDER_WAY = 16_777_216
"""Bytes of keys and values that may wait and be under way before whoever posts has to wait."""

Headers = Sequence[tuple[str, bytes]]


class Posted(NamedTuple):
    """A record and the interval in which it was posted; it goes by its key where no partition is given."""

    interval: Interval
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Builder(Protocol):
    """What we ask of aiokafka's `BatchBuilder`."""

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
    ) -> object | None:
        """Add a record, of now where no time is given; return nothing where it does not fit."""

    def close(self) -> None:
        """Take nothing more."""


class Producing(Protocol):
    """What we ask of `streams.producer.OrderedProducer`."""

    @property
    def largest(self) -> int:
        """Bytes that a record may have."""

    async def partitions_of(self, topic: str) -> Sequence[int]:
        """Return the partitions of a topic in order, once they are known."""

    def available(self, topic: str) -> Sequence[int]:
        """Return those of them that have a leader."""

    def create_batch(self) -> Builder:
        """Return an empty batch."""

    async def send_batch(self, batch: Builder, topic: str, partition: int) -> Awaitable[Any]:
        """Queue a batch and return the future of its arrival."""


@dataclass(slots=True)
class _Batch:
    builder: Builder
    bytes: int = 0
    records: dict[Interval, int] = field(default_factory=dict)

    def takes(self, record: Posted, size: int) -> bool:
        """Add a record, if it fits."""
        key, value, headers = record.key, record.value, list(record.headers)
        if self.builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
            return False
        self.records[record.interval] = self.records.get(record.interval, 0) + 1
        self.bytes += size
        return True


@dataclass(slots=True)
class _Lane:
    """A partition: the batch that is open, those that are full, and whether one is under way.

    Parameters
    ----------
    due
        Whether the open one has waited for long enough.
    failure
        What a batch met; nothing may come behind it.
    """

    topic: str
    partition: int
    open: _Batch | None = None
    full: deque[_Batch] = field(default_factory=deque)
    due: bool = False
    under_way: bool = False
    failure: BaseException | None = None

    def following(self) -> _Batch | None:
        """Take out the batch that may leave now."""
        if self.under_way:
            return None
        if self.full:
            return self.full.popleft()
        if not self.due:
            return None
        batch, self.open, self.due = self.open, None, False
        return batch

    def rest(self) -> list[_Batch]:
        """Take out all that waits."""
        rest = [*self.full, *([self.open] if self.open else [])]
        self.full.clear()
        self.open = None
        return rest


class Outbox:
    """Sends what all stages of a worker post.

    Parameters
    ----------
    producer
        Takes batches.
    patience
        Seconds to wait for room until the broker counts as gone.
    most
        Bytes that may wait and be under way.
    """

    def __init__(self, producer: Producing, patience: float, most: int = MOST_UNDER_WAY) -> None:
        self._producer = producer
        self._patience = patience
        self._most = most
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._lingering: list[_Lane] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._bytes = 0
        self._room = asyncio.Event()

    async def take(self, posted: deque[Posted]) -> None:
        """Take records in their order; waits while too much is under way.

        Raises
        ------
        DeliveryError, TopicError
            A record cannot be sent, and its interval has failed.
        """
        known: dict[str, Sequence[int]] = {}
        while posted:
            record = posted.popleft()
            try:
                if record.topic not in known:
                    known[record.topic] = await self._producer.partitions_of(record.topic)
                self._add(record, known[record.topic])
            except BaseException as error:
                record.interval.end(record.topic, error)
                if isinstance(error, Exception):
                    raise refusal(record.topic, error) from error
                raise
            if self._bytes > self._most:
                await self._wait_for_room(record.topic)

    def hurry(self) -> None:
        """Let go of what lingers."""
        lingering, self._lingering = self._lingering, []
        for lane in lingering:
            lane.due = lane.open is not None
            self._go(lane)

    def _add(self, record: Posted, partitions: Sequence[int]) -> None:
        size = len(record.key or b"") + len(record.value or b"")
        if size > self._producer.largest:
            raise errors.MessageSizeTooLargeError
        lane = self._lane(record, partitions)
        if lane.failure is not None:
            raise lane.failure
        batch = lane.open or self._begin(lane)
        if batch.takes(record, size):
            self._bytes += size
            return
        lane.open, lane.due = None, False
        if not batch.records:
            raise errors.MessageSizeTooLargeError
        lane.full.append(batch)
        self._go(lane)
        self._add(record, partitions)

    def _lane(self, record: Posted, partitions: Sequence[int]) -> _Lane:
        topic, partition = record.topic, record.partition
        if partition is None:
            available = self._producer.available(topic) if record.key is None else ()
            partition = partition_of(record.key, partitions, available)
        lane = self._lanes.get((topic, partition))
        if lane is None:
            if partition not in partitions:
                raise errors.UnknownTopicOrPartitionError
            lane = self._lanes[topic, partition] = _Lane(topic, partition)
        return lane

    def _begin(self, lane: _Lane) -> _Batch:
        batch = lane.open = _Batch(self._producer.create_batch())
        if not self._lingering:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self.hurry)
        self._lingering.append(lane)
        return batch

    def _go(self, lane: _Lane) -> None:
        """Send what may leave."""
        batch = lane.following()
        if batch is None:
            return
        lane.under_way = True
        task = asyncio.create_task(self._send(lane, batch))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, lane: _Lane, batch: _Batch) -> None:
        try:
            batch.builder.close()
            await (await self._producer.send_batch(batch.builder, lane.topic, lane.partition))
        except BaseException as error:  # no matter which: the worker ends with it
            lane.failure = error
            for lost in (batch, *lane.rest()):
                self._end(lane, lost, error)
            if not isinstance(error, Exception):
                raise
        else:
            lane.under_way = False
            self._end(lane, batch, None)
            self._go(lane)

    def _end(self, lane: _Lane, batch: _Batch, error: BaseException | None) -> None:
        self._bytes -= batch.bytes
        for interval, count in batch.records.items():
            interval.end(lane.topic, error, count)
        self._room.set()

    async def _wait_for_room(self, topic: str) -> None:
        self.hurry()
        while self._bytes > self._most:
            self._room.clear()
            try:
                await asyncio.wait_for(self._room.wait(), self._patience)
            except TimeoutError:
                raise refusal(topic, errors.KafkaTimeoutError()) from None
