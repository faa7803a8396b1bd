"""The `kafka` section as librdkafka wants it, for the tools that publish and read files and findings."""

from __future__ import annotations

from confluent_kafka import KafkaException, Producer

from models.errors import BrokerError, TopicError
from streams.settings import KafkaSettings

Options = dict[str, str | int | float | bool]


def librdkafka_options(kafka: KafkaSettings) -> Options:
    """Connection options; librdkafka's own log is silenced, as errors reach us by exceptions."""
    password = kafka.sasl_password
    options: dict[str, str | int | float | bool | None] = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol,
        "sasl.mechanism": kafka.sasl_mechanism,
        "sasl.username": kafka.sasl_username,
        "sasl.password": None if password is None else password.get_secret_value(),
        "ssl.ca.location": None if kafka.ssl_cafile is None else str(kafka.ssl_cafile),
        "ssl.certificate.location": None if kafka.ssl_certfile is None else str(kafka.ssl_certfile),
        "ssl.key.location": None if kafka.ssl_keyfile is None else str(kafka.ssl_keyfile),
        "client.id": "distillwatch",
        "log_level": 0,
    }
    return {name: value for name, value in options.items() if value is not None}


def partitions_of(kafka: KafkaSettings, topic: str) -> list[int]:
    """The partitions of a topic.

    Raises
    ------
    BrokerError
        No broker answers in time.
    TopicError
        The topic does not exist, or we may not see it.
    """
    try:
        # All topics: to ask for one by its name may create it.
        topics = Producer(librdkafka_options(kafka)).list_topics(timeout=kafka.request_timeout).topics
    except KafkaException as error:
        detail = f"no broker answers at {kafka.bootstrap_servers} ({error.args[0].str()})"
        raise BrokerError(f"{detail}; start it or set kafka.bootstrap_servers") from None
    if topic not in topics:
        raise TopicError(f"the topic {topic} does not exist; create it with `distillwatch topics apply`")
    if topics[topic].error is not None:
        raise TopicError(f"the topic {topic} cannot be used: {topics[topic].error.str()}")
    return sorted(topics[topic].partitions)
