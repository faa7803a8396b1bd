"""One token, three clients: what aiokafka, kafka-python and librdkafka each want to ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiokafka.abc import AbstractTokenProvider  # type: ignore[import-untyped]
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]

from models.errors import DistillwatchError
from streams.kafka_python import BlockingTokenProvider
from streams.oauth import tokens_of

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings


class AsyncTokens(AbstractTokenProvider):  # type: ignore[misc]
    """For aiokafka, and Faust above it; waits in a thread."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._tokens = tokens_of(kafka)

    async def token(self) -> str:
        """Return a token.

        Raises
        ------
        KafkaConnectionError
            There is none, which aiokafka takes as a connection that failed; its cause says why.
        """
        try:
            return (await asyncio.to_thread(self._tokens.current)).value
        except DistillwatchError as error:
            raise KafkaConnectionError(str(error)) from error


class BlockingTokens(BlockingTokenProvider):  # type: ignore[misc]
    """For kafka-python, whose network runs in a thread of its own."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._tokens = tokens_of(kafka)

    def token(self) -> str:
        """Return a token; raises BrokerError if there is none."""
        return self._tokens.current().value


def token_callback(kafka: KafkaSettings) -> Callable[[str], tuple[str, float]]:
    """Return librdkafka's `oauth_cb`: a token and when it expires, in Unix seconds."""
    tokens = tokens_of(kafka)

    def give(_config: str) -> tuple[str, float]:
        token = tokens.current()
        return token.value, token.expires_at

    return give
