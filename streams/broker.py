"""Connecting to a broker, and telling apart one that is not there from one that refuses us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streams.admin import Admin
from streams.connection import BrokerUnreachableError, client_options, uses_oauth, uses_tls
from streams.handshake import shake_hands
from streams.kafka_python import KafkaAdminClient, KafkaNetClient, errors

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings

LONGEST_PROBE_SECONDS = 5.0


@contextmanager
def open_admin(kafka: KafkaSettings, *, timeout: float | None = None) -> Iterator[Admin]:
    """Connect to the broker and close the connection afterwards; not for a thread with an event loop.

    Parameters
    ----------
    timeout
        Seconds to try; `kafka.request_timeout` unless given.

    Raises
    ------
    BrokerUnreachableError
        No broker answers.
    RefusedError
        A broker answers and refuses us.
    SettingsError
        A certificate or key file cannot be read.
    """
    seconds = kafka.request_timeout if timeout is None else timeout
    client = connect(kafka, seconds)
    try:
        yield Admin(client, kafka)
    finally:
        client.close()


def connect(kafka: KafkaSettings, seconds: float) -> Any:
    """Return a connected admin client of kafka-python; errors as of `open_admin`."""
    started: list[Any] = []

    def start(**config: Any) -> Any:
        started.append(KafkaNetClient(**config))
        return started[0]

    try:
        asyncio.run(shake_hands(kafka, seconds))
        return KafkaAdminClient(
            **_options(kafka), bootstrap_timeout_ms=int(seconds * 1000), kafka_client=start
        )
    except errors.KafkaError as error:
        for network in started:  # its own constructor leaves the thread running
            network.close()
            network._net.stop()  # noqa: SLF001
        raise BrokerUnreachableError(
            f"{kafka.bootstrap_servers} takes connections and does not answer as {kafka.security_protocol}: "
            f"it is starting, or kafka.security_protocol is wrong{_other_name(kafka)} ({error})"
        ) from error


def _other_name(kafka: KafkaSettings) -> str:
    if not uses_tls(kafka):
        return ""
    return ", or its certificate lacks the name that the broker advertises (advertised.listeners)"


def probe_broker(kafka: KafkaSettings) -> None:
    """Try once whether a broker answers and admits us; errors as of `open_admin`."""
    with open_admin(kafka, timeout=min(LONGEST_PROBE_SECONDS, kafka.request_timeout)) as admin:
        admin.brokers()


def _options(kafka: KafkaSettings) -> dict[str, Any]:
    options: dict[str, Any] = {**client_options(kafka)}
    if uses_oauth(kafka):
        from streams.token_providers import BlockingTokens  # noqa: PLC0415 -- only OAUTHBEARER needs it

        options["sasl_oauth_token_provider"] = BlockingTokens(kafka)
    return options
