"""The batch lane: Faust's transport, with all that one fetch held of a partition as one message.

Stock Faust spends about 100 us on an event, most of it on waiting for each message anew. Here the records
of a topic travel as they were fetched, packed and untouched, so that the cost of an event is the cost of its
processing. Records of changelog topics are restored fetch by fetch; Faust's recovery, which counts offsets,
sees the last of each.

Faults of the stock consumer that lose events or count them wrongly are mended on the way: an empty set of
partitions means none here and not all; records that come after the flow was stopped are put back in the
consumer's own thread; a partition without a committed offset gets one before anything of it is read; what a
transaction took back is not read; and what retention deleted before it was read is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, cast

from aiokafka.errors import (  # type: ignore[import-untyped]
    ConsumerStoppedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaTimeoutError,
)
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.batch_message import BatchMessage
from streams.consumer_thread import BatchConsumerThread
from streams.packed import PackedRecords
from streams.producer import OrderedProducer
from streams.record import Record

LOGGER = logging.getLogger("faust.transport")
FETCH_SECONDS = 1.0
GAP_SECONDS = 1.0
MAX_BATCHES_IN_FLIGHT = 8


class BatchApp(Protocol):
    """What the transport asks of the application.

    Parameters
    ----------
    batch_topics
        Topics whose records arrive as `BatchMessage` and whose offsets we commit.
    latest_topics
        Those of them that begin at their end when the group has no committed offset; the others begin at
        their first record.
    """

    batch_topics: frozenset[str]
    latest_topics: frozenset[str]

    def start_of(self, tp: TP, committed: int | None, first: int) -> int | None:
        """Return where to begin to read a partition; None where its end or its first record is as good.

        Parameters
        ----------
        committed
            The group's offset, if there is one.
        first
            Offset of the first record that is still there.
        """

    def restore(self, tp: TP, records: Iterable[Record]) -> None:
        """Take in records of a changelog."""

    def restored_to(self, tp: TP, position: int) -> None:
        """Hear that all records of a changelog below an offset have been handed over."""

    def lost(self, tp: TP, count: int) -> None:
        """Hear of records that were deleted before they were read."""


class BatchConsumer(driver.Consumer):
    """A consumer whose batch topics arrive as `BatchMessage`; we commit them, Faust does not."""

    logger = LOGGER
    _thread: BatchConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unfinished: dict[int, BatchMessage] = {}
        self._fetched: set[TP] = set()
        self._room = asyncio.Event()
        self._positioned = False
        self._seek_for: int | None = None
        self._gap_asked: defaultdict[TP, float] = defaultdict(float)
        self.lane = cast("BatchApp", self.app)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def commit_positions(self, positions: Mapping[TP, int]) -> bool:
        """Commit the offsets of the records to read next; false when the partitions have moved on.

        Raises
        ------
        KafkaError
            The broker could not be asked.
        """
        return await self._thread.commit_positions(positions)

    def finish(self, message: BatchMessage) -> None:
        """Say that a batch is done with, which makes room for another."""
        self._unfinished.pop(id(message), None)
        self._room.set()

    def lag(self) -> dict[str, int]:
        """Return how many records of each batch topic are known to wait, those under way included."""
        found = dict.fromkeys(self.lane.batch_topics, 0)
        under_way = [(message.tp, message.size) for message in self._unfinished.values()]
        for tp, count in (*self.unread().items(), *under_way):
            found[tp.topic] += count
        return found

    def unread(self) -> dict[TP, int]:
        """Return how many records are known to wait in each of our partitions of the batch topics."""
        return {tp: max(0, self._thread.end(tp) - at) for tp, at in self.positions().items()}

    def waiting(self) -> dict[TP, bool]:
        """Tell of each of our partitions of the batch topics whether records wait or are under way."""
        under_way = {message.tp for message in self._unfinished.values()} | self._fetched
        return {tp: bool(count) or tp in under_way for tp, count in self.unread().items()}

    def reads(self) -> bool:
        """Tell whether the batch topics are read, as far as we have any partitions of them."""
        return self._positioned or not self.positions()

    def positions(self) -> dict[TP, int]:
        """Return the offset to be read next of each of our partitions of the batch topics."""
        ours = [tp for tp in self.assignment() if tp.topic in self.lane.batch_topics]
        return {tp: max(self._read_offset[tp] or 0, self._thread.fetch_position(tp)) for tp in ours}

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget the batches under way, which Faust is about to drop, before anybody is told."""
        self._positioned = False
        self._seek_for = None
        self._unfinished.clear()
        self._room.set()
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Have the batch topics sought before they are read.

        Not here: Faust gives up waiting after a while, does not look at what became of it, and would then
        read nothing for ever.
        """
        self._seek_for = self.app.consumer_generation_id

    async def _seek_if_due(self) -> None:
        """Seek to where each partition is to be read from; only then may the batch topics be read."""
        generation, self._seek_for = self._seek_for, None
        if generation is None or not self._is_current(generation):
            return
        try:
            starts = await self._thread.seek_to_start()
        except IllegalStateError:  # a partition has left meanwhile
            return
        except (KafkaTimeoutError, KafkaConnectionError) as error:
            LOGGER.warning("partitions cannot be sought yet: %s", error)
            self._seek_for = generation if self._is_current(generation) else self._seek_for
            return
        if self._is_current(generation):
            self._read_offset.update(starts)
            self._positioned = True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave liveness to the worker, which knows which of the partitions have something to read."""

    def _readable(self) -> set[TP]:
        active = set(self._get_active_partitions())
        return active if self._positioned else {tp for tp in active if tp.topic not in self.lane.batch_topics}

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch and hand over until the fetcher is stopped."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow.wait())
                await self._seek_if_due()
                records = await self._getmany(self._readable(), FETCH_SECONDS)
                if not self.should_stop and self.flow_active:
                    self._fetched = {TP(*tp) for tp in records}
                    await self._hand_over(records, self.app.consumer_generation_id)
                    self._fetched = set()
                    self._tell_recovery()
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:
                raise

    async def _hand_over(self, records: Mapping[TP, Sequence[PackedRecords]], generation: int) -> None:
        for topic_partition, (packed,) in records.items():
            tp = TP(topic_partition.topic, topic_partition.partition)
            if not self._is_current(generation):
                return
            if tp.topic in self.lane.batch_topics:
                await self._notice_loss(tp, packed.begin)
                await self._hand_over_batch(BatchMessage(tp, packed, generation))
            else:
                await self._hand_over_changelog(BatchMessage(tp, packed, generation))

    def _tell_recovery(self) -> None:
        """Say how far changelogs were read: compaction may have left nothing at their end to be shown."""
        for tp in self._get_active_partitions() if self.flow_active else ():
            if tp.topic not in self.lane.batch_topics:
                self.lane.restored_to(tp, self._thread.fetch_position(tp))

    async def _notice_loss(self, tp: TP, offset: int) -> None:
        """Tell records that retention deleted from the gaps that compaction and transactions leave."""
        expected = self._read_offset[tp]
        if expected is None or offset <= expected or time.monotonic() < self._gap_asked[tp] + GAP_SECONDS:
            return
        self._gap_asked[tp] = time.monotonic()
        try:
            first = (await self._thread.earliest_offsets(TopicPartition(*tp)))[tp]
        except (KafkaTimeoutError, KafkaConnectionError):
            return  # the records are here, and that counts
        if first > expected:
            self.lane.lost(tp, min(first, offset) - expected)

    async def _hand_over_batch(self, message: BatchMessage) -> None:
        while len(self._unfinished) >= MAX_BATCHES_IN_FLIGHT and self._is_current(message.generation_id):
            self._room.clear()
            await self.wait_first(self._room.wait(), self.suspend_flow.wait())
        if not self._is_current(message.generation_id):
            return
        self._unfinished[id(message)] = message
        await self.callback(message)
        if self._is_current(message.generation_id):
            self._read_offset[message.tp] = message.offset + 1

    async def _hand_over_changelog(self, message: BatchMessage) -> None:
        """Restore records in one go; Faust is shown one message for them, for it only counts offsets."""
        self.lane.restore(message.tp, message.records())
        await self.callback(message)

    def _is_current(self, generation: int | None) -> bool:
        return bool(self.flow_active and generation == self.app.consumer_generation_id)


class BatchTransport(driver.Transport):
    """Puts the parts together."""

    Consumer: ClassVar[type[Any]] = BatchConsumer
    Producer: ClassVar[type[Any]] = OrderedProducer
