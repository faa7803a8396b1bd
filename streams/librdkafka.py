"""The `kafka` section as librdkafka wants it, for the tools that publish and read files and findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, Producer

from models.errors import BrokerError, TopicError
from streams.connection import CLIENT_ID, BrokerUnreachableError, uses_oauth
from streams.handshake import shake_hands
from streams.topic_plan import grant

if TYPE_CHECKING:
    from pydantic import SecretStr

    from streams.settings_kafka import KafkaSettings

Option = str | int | float | bool | Callable[..., object]
Options = dict[str, Option]


def librdkafka_options(kafka: KafkaSettings) -> Options:
    """Connection options; librdkafka's own log is silenced, as errors reach us by exceptions."""
    options: dict[str, Option | None] = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol,
        "sasl.mechanism": kafka.sasl_mechanism,
        "sasl.username": kafka.sasl_username,
        "sasl.password": _secret(kafka.sasl_password),
        "ssl.ca.location": None if kafka.ssl_cafile is None else str(kafka.ssl_cafile),
        "ssl.certificate.location": None if kafka.ssl_certfile is None else str(kafka.ssl_certfile),
        "ssl.key.location": None if kafka.ssl_keyfile is None else str(kafka.ssl_keyfile),
        "ssl.key.password": _secret(kafka.ssl_keyfile_password),
        "client.id": CLIENT_ID,
        "log_level": 0,
    }
    if uses_oauth(kafka):
        from streams.token_providers import token_callback  # noqa: PLC0415 -- only OAUTHBEARER needs it

        options["oauth_cb"] = token_callback(kafka)
    return {name: value for name, value in options.items() if value is not None}


def partitions_of(kafka: KafkaSettings, topic: str) -> list[int]:
    """The partitions of a topic; connects first as the worker does, which says better what is wrong.

    Raises
    ------
    RefusedError
        A broker refuses TLS or our log-in.
    BrokerError
        No broker answers in time.
    TopicError
        The topic does not exist, or we may not see it.
    """
    try:
        asyncio.run(shake_hands(kafka, kafka.request_timeout))
    except BrokerUnreachableError as error:
        raise BrokerError(f"{error}; start it or set kafka.bootstrap_servers") from None
    producer = Producer(librdkafka_options(kafka))
    producer.poll(0)  # has it ask for a token
    try:
        # All topics: to ask for one by its name may create it.
        topics = producer.list_topics(timeout=kafka.request_timeout).topics
    except KafkaException as error:
        detail = f"no broker answers at {kafka.bootstrap_servers} ({error.args[0].str()})"
        raise BrokerError(f"{detail}; start it or set kafka.bootstrap_servers") from None
    if topic not in topics:
        create = "create it with `distillwatch topics apply`"
        hidden = (
            ""
            if kafka.security_protocol == "PLAINTEXT"
            else f", or is hidden: {grant(kafka, 'Describe', topic=topic)}"
        )
        raise TopicError(f"the topic {topic} does not exist; {create}{hidden}")
    if topics[topic].error is not None:
        raise TopicError(f"the topic {topic} cannot be used: {topics[topic].error.str()}")
    return sorted(topics[topic].partitions)


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
