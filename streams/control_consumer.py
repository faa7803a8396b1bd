"""A consumer of the control topic's one partition: without a group, and from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    KafkaConnectionError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)

from models.errors import BrokerError
from streams.connection import client_options, uses_oauth
from streams.control_reading import PARTITION
from streams.settings_kafka import KafkaSettings

FETCH_MS = 500


class ControlConsumer:
    """Reads all of the topic, and then what comes; waits out a broker that is away once it was there.

    Parameters
    ----------
    kafka
        How to reach the broker.
    topic
        The topic's name.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        self._tp = TopicPartition(topic, PARTITION)
        self._consumer = AIOKafkaConsumer(
            **_options(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )

    async def start(self) -> int:
        """Connect, and return the offset at which the topic ends now.

        Raises
        ------
        BrokerError
            The topic cannot be read.
        TopicAuthorizationFailedError
            We may not read it.
        """
        try:
            await self._consumer.start()
            self._consumer.assign([self._tp])
            return await self._end()
        except (KafkaConnectionError, KafkaTimeoutError) as error:
            raise BrokerError(
                f"topics.control {self._tp.topic!r} cannot be read ({error}): see `distillwatch doctor`"
            ) from error

    async def read(self) -> Sequence[ConsumerRecord]:
        """Return records in order, none if none came within a moment.

        Raises
        ------
        TopicAuthorizationFailedError
            We may not read the topic any more.
        """
        self._check_right()
        found = await self._consumer.getmany(self._tp, timeout_ms=FETCH_MS)
        return list(found.get(self._tp, ()))

    async def _end(self) -> int:
        """Ask where the topic ends; without the right to see it the client would ask again and again."""
        asking = asyncio.ensure_future(self._consumer.end_offsets([self._tp]))
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=FETCH_MS / 1000)
                self._check_right()
            return int(asking.result()[self._tp])
        finally:
            asking.cancel()

    def _check_right(self) -> None:
        """Say that we may not see the topic; without a group nobody else looks."""
        if self._tp.topic in self._consumer._client.cluster.unauthorized_topics:  # noqa: SLF001
            raise TopicAuthorizationFailedError(self._tp.topic)

    async def position(self) -> int:
        """Return the offset of the record to be read next."""
        return int(await self._consumer.position(self._tp))

    async def close(self) -> None:
        """Leave the broker."""
        await self._consumer.stop()


def _options(kafka: KafkaSettings) -> dict[str, Any]:
    options: dict[str, Any] = dict(client_options(kafka))
    if uses_oauth(kafka):
        from streams.token_providers import AsyncTokens  # noqa: PLC0415 -- loads what only OAUTHBEARER needs

        options["sasl_oauth_token_provider"] = AsyncTokens(kafka)
    return options
