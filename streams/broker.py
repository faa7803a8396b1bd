"""Connecting to a broker, and telling apart one that is not there from one that refuses us."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiokafka import errors as aiokafka_errors  # type: ignore[import-untyped]
from aiokafka.conn import create_conn  # type: ignore[import-untyped]

from models.errors import BrokerError
from streams.admin import Admin
from streams.connection import BrokerUnreachableError, bootstrap_servers, client_options
from streams.kafka_python import KafkaAdminClient, KafkaNetClient, errors

if TYPE_CHECKING:
    from streams.settings import KafkaSettings

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
    BrokerError
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
            **client_options(kafka), bootstrap_timeout_ms=int(seconds * 1000), kafka_client=start
        )
    except errors.KafkaError as error:
        for network in started:  # its own constructor leaves the thread running
            network.close()
            network._net.stop()  # noqa: SLF001
        raise BrokerUnreachableError(
            f"{kafka.bootstrap_servers} takes connections and does not answer as {kafka.security_protocol}: "
            f"it is starting, or kafka.security_protocol is wrong ({error})"
        ) from error


def probe_broker(kafka: KafkaSettings) -> None:
    """Try once whether a broker answers and admits us; errors as of `open_admin`."""
    with open_admin(kafka, timeout=min(LONGEST_PROBE_SECONDS, kafka.request_timeout)) as admin:
        admin.brokers()


async def shake_hands(kafka: KafkaSettings, seconds: float) -> None:
    """Connect to one bootstrap server, with TLS and log-in where they are configured, and disconnect.

    kafka-python repeats whatever goes wrong here until its time is over, and then no longer says what it
    was; aiokafka, by which the worker reads and writes, says it at once.

    Raises
    ------
    BrokerUnreachableError
        No server accepts a connection.
    BrokerError
        A server refuses TLS or our log-in.
    """
    options = {key: value for key, value in client_options(kafka).items() if key != "bootstrap_servers"}
    options["request_timeout_ms"] = int(seconds * 1000)
    reasons = []
    for server in bootstrap_servers(kafka):
        host, port = server.rsplit(":", 1)
        try:
            connection = await create_conn(host.strip("[]"), int(port), **options)
        except (OSError, TimeoutError, aiokafka_errors.KafkaError) as error:
            refusal = explain_refusal(kafka, server, error)
            if refusal is not None:
                raise refusal from error
            reasons.append(f"{server}: {_reason(kafka, error)}")
        else:
            await connection.close()
            return
    raise BrokerUnreachableError(f"no broker answers as {kafka.security_protocol} ({'; '.join(reasons)})")


def _reason(kafka: KafkaSettings, error: Exception) -> str:
    if isinstance(error, ConnectionResetError | aiokafka_errors.KafkaConnectionError):
        return f"the connection was closed; is kafka.security_protocol = {kafka.security_protocol} right?"
    return str(error) or type(error).__name__


def explain_refusal(kafka: KafkaSettings, server: str, error: Exception) -> BrokerError | None:
    """Return the error to raise for a server that another attempt cannot mend, or None."""
    match error:
        case ssl.SSLError():
            return BrokerError(
                f"{server} refuses TLS ({error.reason or error}): is kafka.security_protocol right, and is "
                "its certificate for this name signed by kafka.ssl_cafile?"
            )
        case aiokafka_errors.SaslAuthenticationFailed():
            return BrokerError(
                f"{server} refuses user {kafka.sasl_username!r}: check kafka.sasl_username, "
                "kafka.sasl_password and kafka.sasl_mechanism"
            )
        case aiokafka_errors.UnsupportedSaslMechanismError():
            return BrokerError(f"{server} does not offer {kafka.sasl_mechanism}: change kafka.sasl_mechanism")
        case aiokafka_errors.IllegalSaslStateError():
            return BrokerError(f"{server} wants no log-in: change kafka.security_protocol")
        case _:
            return None
