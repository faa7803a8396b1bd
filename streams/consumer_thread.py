"""The thread in which aiokafka runs, in a loop of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvloop
from aiokafka.errors import CommitFailedError, IllegalStateError  # type: ignore[import-untyped]
from aiokafka.structs import OffsetAndMetadata, TopicPartition  # type: ignore[import-untyped]
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from streams.lookups import pace_lookups
from streams.packed import PackedRecords, fetch_packed
from streams.thread_events import share_events

if TYPE_CHECKING:
    from streams.transport import BatchConsumer

LOGGER = logging.getLogger("faust.transport")
FETCH_WAIT_MS = 25
LEAVE_SECONDS = 3.0


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Runs aiokafka; what is here runs in the thread, unless it says otherwise."""

    logger = LOGGER
    consumer: BatchConsumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        share_events()
        super().__init__(*args, thread_loop=uvloop.new_event_loop(), **kwargs)
        self._close_thread_loop_on_stop = True  # which Faust leaves to who made the loop

    def _stopped_set(self) -> None:
        self._stopped.set()  # even when the thread has ended already and its loop is closed

    async def stop(self) -> None:
        """Wait for the thread, but not in our loop, which it may need and which has other things to watch."""
        if self._started.is_set():
            await Service.stop(self)
            if self._thread is not None:
                await asyncio.to_thread(self._thread.stop)

    def close(self) -> None:
        """Leave the consumer to the end of the thread: Faust closes here what belongs to the thread's loop.

        It does so when partitions come while the worker stops, and uvloop crashes or hangs by it.
        """

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is Faust's
        max_records: int | None = None,
    ) -> dict[TP, list[PackedRecords]]:
        """Fetch, or put back what came while the flow was being stopped: nothing can seek in between."""
        active = set(active_partitions)
        if not active:
            await asyncio.sleep(0.05)
            return {}
        generation = self.app.consumer_generation_id
        records = await super()._fetch_records(consumer, active, timeout, max_records)
        if self.consumer.flow_active and self.app.consumer_generation_id == generation:
            return dict(records)
        assigned = consumer.assignment()
        for tp, (packed,) in records.items():
            if tp in assigned:
                consumer.seek(tp, packed.begin)
        return {}

    async def on_thread_stop(self) -> None:
        """Leave the group, but do not wait for an answer that only comes when somebody else has left it.

        A fetch that fails while the consumer stops may be taken for a cancellation of the stop itself, and
        would leave everybody waiting for this thread.
        """
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(super().on_thread_stop(), LEAVE_SECONDS)

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        """Make a consumer that hands over packed records, with two options that Faust does not offer.

        It is not shown what a transaction took back. And its fetches return soon: a broker answers nothing
        else on a connection before it has answered the fetch, and one that happens to ask for idle partitions
        alone would hold up the busy ones.
        """
        consumer = super()._create_worker_consumer(transport)
        fetch_packed(consumer)
        pace_lookups(consumer._client)  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer

    async def seek_to_start(self) -> dict[TP, int]:
        """Seek the batch topics to where they are to be read from; commit it where less is committed."""
        ranges = await self.call_thread(self._ranges)
        starts: dict[TP, int] = {}
        for tp, (committed, first, end) in ranges.items():
            start = self.consumer.lane.start_of(tp, committed, first)
            if start is None:
                start = end if tp.topic in self.consumer.lane.latest_topics else first
            if start < first:
                self.consumer.lane.lost(tp, first - start)
            starts[tp] = max(start, first)
        # A crash may have come between the state and the commit, and nothing new may come for long.
        behind = {tp: at for tp, at in starts.items() if (ranges[tp][0] or -1) < at}
        await self.call_thread(self._seek, starts, behind)
        return starts

    async def _ranges(self) -> dict[TP, tuple[int | None, int, int]]:
        """Return the committed, the first and the last offset of our partitions of the batch topics."""
        consumer = self._ensure_consumer()
        lane = [tp for tp in consumer.assignment() if tp.topic in self.consumer.lane.batch_topics]
        if not lane:
            return {}
        firsts, ends, *committed = await asyncio.gather(
            consumer.beginning_offsets(lane), consumer.end_offsets(lane), *map(consumer.committed, lane)
        )
        return {TP(*tp): (offset, firsts[tp], ends[tp]) for tp, offset in zip(lane, committed, strict=True)}

    async def _seek(self, starts: Mapping[TP, int], behind: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        await self._commit_positions(behind)
        assigned = consumer.assignment()
        for tp, start in starts.items():
            if tp in assigned:
                consumer.seek(TopicPartition(*tp), start)

    def fetch_position(self, tp: TP) -> int:
        """Return where the next fetch begins: past what no reader is shown, such as marks of transactions."""
        state = self._state(tp)
        return state.position if state and state.has_valid_position else 0

    def end(self, tp: TP) -> int:
        """Return where the readable part of a partition ended at the last fetch, before open transactions."""
        state = self._state(tp)
        if state is None:
            return 0
        return (state.highwater if state.lso is None or state.lso < 0 else state.lso) or 0

    def _state(self, tp: TP) -> Any:
        """Return what aiokafka knows of a partition, from any thread; nothing if it has just left us."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001
        return assignment.state_value(TopicPartition(*tp)) if assignment else None

    def topic_partitions(self, topic: str) -> int | None:
        """Return how many partitions a topic has; Faust itself knows it in the leader of a group alone."""
        return len(self._ensure_consumer().partitions_for_topic(topic) or ()) or None

    async def commit_positions(self, positions: Mapping[TP, int]) -> bool:
        """Commit the offsets of the records to read next; false when the partitions have moved on."""
        return bool(await self.call_thread(self._commit_positions, positions))

    async def _commit_positions(self, positions: Mapping[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        offsets = {
            TopicPartition(*tp): OffsetAndMetadata(offset, "")
            for tp, offset in positions.items()
            if tp in assigned
        }
        if not offsets:
            return not positions
        try:
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            return False
        return len(offsets) == len(positions)
