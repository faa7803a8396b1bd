"""Sending with a memory: what was posted since the last cut, and whether all of it has arrived."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from models.errors import DeliveryError
from streams.refusals import refusal

Headers = Sequence[tuple[str, bytes]]
Send = Callable[[str, bytes | None, bytes | None, Headers, int | None], Awaitable["asyncio.Future[Any]"]]


class Interval:
    """What was posted between two cuts."""

    def __init__(self) -> None:
        self.pending = 0
        self._failure: tuple[str, BaseException] | None = None
        self._settled = asyncio.Event()

    def done(self, topic: str, delivery: asyncio.Future[Any]) -> None:
        """Count one delivery to a topic as ended."""
        cancelled = delivery.cancelled()
        self.end(topic, asyncio.CancelledError() if cancelled else delivery.exception())

    def end(self, topic: str, error: BaseException | None) -> None:
        """Count one delivery as ended, with the error it met."""
        self.pending -= 1
        if error is not None:
            self._failure = self._failure or (topic, error)
        if not self.pending or self._failure:
            self._settled.set()

    async def settle(self, seconds: float) -> None:
        """Wait until everything has arrived.

        Raises
        ------
        DeliveryError, TopicError
            A record was refused, or not all arrived in time: nothing that depends on them may be committed.
        """
        if self.pending and not self._failure:
            try:
                await asyncio.wait_for(self._settled.wait(), seconds)
            except TimeoutError:
                raise DeliveryError(f"{self.pending} records were not delivered in {seconds:g} s") from None
        if self._failure:
            topic, error = self._failure
            raise refusal(topic, error) from error


class Deliveries:
    """Posts records, sends them in order, and hands out the intervals by which a checkpoint waits for them.

    Posting is synchronous, so that a state and the records that follow from it change in one step: a
    checkpoint that is cut at any moment holds both or neither.

    Parameters
    ----------
    send
        Queues a record with the producer, for a partition or for that of its key, and returns the future of
        its arrival.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._current = Interval()
        self._in_order = asyncio.Lock()
        self._outbox: deque[tuple[Interval, str, bytes | None, bytes | None, Headers, int | None]] = deque()

    def post(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Add a record to the current interval; `flush` sends it, by its key where no partition is given."""
        self._current.pending += 1
        self._outbox.append((self._current, topic, key, value, headers, partition))

    async def flush(self) -> None:
        """Hand what was posted to the producer; waits only while the producer's buffer is full."""
        async with self._in_order:
            while self._outbox:
                interval, topic, key, value, headers, partition = self._outbox.popleft()
                try:
                    delivery = await self._send(topic, key, value, headers, partition)
                except Exception as error:
                    interval.end(topic, error)
                    raise refusal(topic, error) from error
                delivery.add_done_callback(partial(interval.done, topic))

    def cut(self) -> Interval:
        """Return what was posted since the last cut and begin anew."""
        interval, self._current = self._current, Interval()
        return interval
