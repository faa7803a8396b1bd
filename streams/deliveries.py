"""Sending with a memory: what was posted since the last cut, and whether all of it has arrived."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from models.errors import DeliveryError

Headers = Sequence[tuple[str, bytes]]
Send = Callable[[str, bytes | None, bytes | None, Headers], Awaitable["asyncio.Future[Any]"]]


class Interval:
    """What was posted between two cuts."""

    def __init__(self) -> None:
        self.pending = 0
        self._failure: BaseException | None = None
        self._settled = asyncio.Event()

    def done(self, delivery: asyncio.Future[Any]) -> None:
        """Count one delivery as ended."""
        cancelled = delivery.cancelled()
        self.end(asyncio.CancelledError() if cancelled else delivery.exception())

    def end(self, error: BaseException | None) -> None:
        """Count one delivery as ended, with the error it met."""
        self.pending -= 1
        self._failure = self._failure or error
        if not self.pending or self._failure:
            self._settled.set()

    async def settle(self, seconds: float) -> None:
        """Wait until everything has arrived.

        Raises
        ------
        DeliveryError
            A record was refused, or not all arrived in time: nothing that depends on them may be committed.
        """
        if self.pending and not self._failure:
            try:
                await asyncio.wait_for(self._settled.wait(), seconds)
            except TimeoutError:
                raise DeliveryError(f"{self.pending} records were not delivered in {seconds:g} s") from None
        if self._failure:
            name = type(self._failure).__name__
            raise DeliveryError(f"a record was refused ({name}): see the broker's log and the topic's limits")


class Deliveries:
    """Posts records, sends them in order, and hands out the intervals by which a checkpoint waits for them.

    Posting is synchronous, so that a state and the records that follow from it change in one step: a
    checkpoint that is cut at any moment holds both or neither.

    Parameters
    ----------
    send
        Queues a record with the producer and returns the future of its arrival.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._current = Interval()
        self._outbox: deque[tuple[Interval, str, bytes | None, bytes | None, Headers]] = deque()

    def post(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Add a record to the current interval; `flush` sends it."""
        self._current.pending += 1
        self._outbox.append((self._current, topic, key, value, headers))

    async def flush(self) -> None:
        """Hand what was posted to the producer; waits only while the producer's buffer is full."""
        while self._outbox:
            interval, topic, key, value, headers = self._outbox.popleft()
            try:
                delivery = await self._send(topic, key, value, headers)
            except Exception as error:
                interval.end(error)
                raise
            delivery.add_done_callback(interval.done)

    def cut(self) -> Interval:
        """Return what was posted since the last cut and begin anew."""
        interval, self._current = self._current, Interval()
        return interval
