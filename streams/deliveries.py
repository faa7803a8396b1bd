"""Sending with a memory: what was posted since the last cut, and whether all of it has arrived."""

from __future__ import annotations

import asyncio
from collections import deque

from streams.interval import Interval
from streams.outbox import Headers, Outbox, Posted


class Deliveries:
    """Posts records, sends them in order, and hands out the intervals by which a checkpoint waits for them.

    Posting is synchronous, so that a state and the records that follow from it change in one step: a
    checkpoint that is cut at any moment holds both or neither.

    Parameters
    ----------
    outbox
        Sends them; all stages share it.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._current = Interval()
        self._in_order = asyncio.Lock()
        self._posted: deque[Posted] = deque()

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
        self._posted.append(Posted(self._current, topic, key, value, headers, partition))

    async def flush(self) -> None:
        """Hand what was posted to the outbox; waits only while too much is under way."""
        async with self._in_order:
            await self._outbox.take(self._posted)

    def cut(self) -> Interval:
        """Return what was posted since the last cut and begin anew."""
        interval, self._current = self._current, Interval()
        return interval

    async def settle(self, seconds: float) -> None:
        """Send what was posted since the last cut, without lingering, and wait until all of it has arrived.

        Raises
        ------
        DeliveryError, TopicError
            A record was refused, or not all arrived in time.
        """
        interval = self.cut()
        try:
            async with asyncio.timeout(seconds):
                await self.flush()
                self._outbox.hurry()
                await interval.settle(seconds)
        except TimeoutError:
            raise interval.late(seconds) from None
