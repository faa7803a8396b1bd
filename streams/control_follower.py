"""Follows the control topic: all of it is read before anything is judged, and then what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from models.control.control import Control
from models.control.records import Change
from streams.control_reading import ControlReading, Refusal
from streams.metrics import Metrics

log = structlog.get_logger(__name__)

LEAVE_SECONDS = 3.0


class Consumer(Protocol):
    """What we ask of `streams.control_consumer.ControlConsumer`."""

    async def start(self) -> int:
        """Connect, and return where the topic ends."""

    async def read(self) -> Sequence[ConsumerRecord]:
        """Return records in order, none if none came."""

    async def position(self) -> int:
        """Return the offset of the record to be read next."""

    async def close(self) -> None:
        """Leave."""


class Steered(Protocol):
    """What goes by the changes."""

    async def steer(self, control: Control, fresh: Sequence[Change]) -> None:
        """Go by these changes from now on; `fresh` are those that came just now, none at the start."""


class ControlFollower:
    """Tells others of the changes.

    Parameters
    ----------
    consumer
        Of the control topic; nothing where it is not followed.
    steered
        Told of all changes once, and then whenever some came, in this order.
    """

    def __init__(self, consumer: Consumer | None, steered: Sequence[Steered], metrics: Metrics) -> None:
        self._consumer = consumer
        self._steered = steered  # what is added to it later is told as well
        self._metrics = metrics
        self._reading = ControlReading(self._refused)
        self._position = 0
        self._read = asyncio.Event()

    async def ready(self) -> None:
        """Wait until all changes that there were at the start are known."""
        if self._consumer is not None:
            await self._read.wait()

    async def run(self) -> None:
        """Follow the topic for ever.

        Raises
        ------
        BrokerError
            It cannot be read at the start; the worker must end.
        """
        if self._consumer is None:
            return
        try:
            await self._read_all(self._consumer)
            while True:
                fresh = self._take(await self._consumer.read())
                if fresh is not None:
                    await self._tell(fresh)
        finally:
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._consumer.close(), LEAVE_SECONDS)

    async def _read_all(self, consumer: Consumer) -> None:
        end = await consumer.start()
        while await consumer.position() < end:
            self._take(await consumer.read())
        await self._tell([])
        log.info("control topic read", changes=len(self._reading.finish().changes))
        self._read.set()

    def _take(self, records: Sequence[ConsumerRecord]) -> list[Change] | None:
        """Take in records, and return their changes; nothing where there was no record."""
        if not records:
            return None
        if records[0].offset < self._position:
            log.error("the control topic was created anew: its changes stand in place of those before")
            self._reading = ControlReading(self._refused)
        self._position = records[-1].offset + 1
        taken = [self._reading.take(record.offset, record.key, record.value) for record in records]
        self._metrics.liveness.progress()
        return [change for change in taken if change is not None]

    async def _tell(self, fresh: Sequence[Change]) -> None:
        control = self._reading.finish()
        self._metrics.control(control)
        for change in fresh:
            log.info("control changed", id=change.id, kind=change.kind, author=change.author)
        for one in self._steered:
            await one.steer(control, fresh)

    def _refused(self, refusal: Refusal) -> None:
        self._metrics.control_refused(refusal.error.reason)
        log.warning("control record refused", offset=refusal.offset, reason=str(refusal.error))
