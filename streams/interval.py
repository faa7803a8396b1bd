"""What was posted between two checkpoints, and whether all of it has arrived."""

from __future__ import annotations

import asyncio

from models.errors import DeliveryError
from streams.refusals import refusal


class Interval:
    """What was posted between two cuts."""

    def __init__(self) -> None:
        self.pending = 0
        self._failure: tuple[str, BaseException] | None = None
        self._settled = asyncio.Event()

    def end(self, topic: str, error: BaseException | None, count: int = 1) -> None:
        """Count deliveries to a topic as ended, with the error that they met."""
        self.pending -= count
        if error is not None:
            self._failure = self._failure or (topic, error)
        if not self.pending or self._failure:
            self._settled.set()

    async def settle(self, seconds: float) -> None:
        """Wait until everything has arrived; call it once nothing more is posted.

        Raises
        ------
        DeliveryError, TopicError
            A record was refused, or not all arrived in time: nothing that depends on them may be committed.
        """
        if self.pending and not self._failure:
            self._settled.clear()  # everything may have arrived before, while more was still to be posted
            try:
                await asyncio.wait_for(self._settled.wait(), seconds)
            except TimeoutError:
                raise self.late(seconds) from None
        if self._failure:
            topic, error = self._failure
            raise refusal(topic, error) from error

    def late(self, seconds: float) -> DeliveryError:
        """Return what to raise when not all has arrived in so many seconds."""
        return DeliveryError(f"{self.pending} records were not delivered in {seconds:g} s")
