"""The producer of a worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from faust.transport.drivers import aiokafka as driver

from streams.lookups import pace_lookups

LOGGER = logging.getLogger("faust.transport")
LEAVE_SECONDS = 3.0


class OrderedProducer(driver.Producer):
    """An idempotent producer: what it sends to a partition stands there once and in order."""

    logger = LOGGER

    @property
    def largest(self) -> int:
        """Bytes that a record may have."""
        return int(self.max_request_size)

    async def partitions_of(self, topic: str) -> Sequence[int]:
        """Return the partitions of a topic in order; asks the broker where they are not known.

        Raises
        ------
        KafkaError
            There is no such topic, or we may not see it.
        """
        return sorted(await self._ensure_producer().partitions_for(topic))

    def available(self, topic: str) -> Sequence[int]:
        """Return the partitions of a known topic that have a leader."""
        return sorted(self._ensure_producer().client.cluster.available_partitions_for_topic(topic) or ())

    def create_batch(self) -> Any:
        """Return an empty batch; see `aiokafka.AIOKafkaProducer.create_batch`."""
        return self._ensure_producer().create_batch()

    async def send_batch(self, batch: Any, topic: str, partition: int) -> Awaitable[Any]:
        """Queue a batch and return the future of its arrival."""
        arrival: Awaitable[Any] = await self._ensure_producer().send_batch(batch, topic, partition=partition)
        return arrival

    async def on_stop(self) -> None:
        """Stop, but do not wait for what the broker does not take."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().on_stop(), LEAVE_SECONDS)

    def _new_producer(self, transactional_id: str | None = None) -> Any:
        producer = super()._new_producer(transactional_id)
        pace_lookups(producer.client)
        return producer

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}
