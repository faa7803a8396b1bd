"""The `kafka` section in librdkafka's words."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import Producer

from models.errors import BrokerError, TopicError
from streams.embedded import PARTITIONS, EmbeddedBroker
from streams.librdkafka import librdkafka_options, partitions_of
from streams.settings import load_settings
from streams.settings_kafka import KafkaSettings

SECURE = {
    "kafka.security_protocol": "SASL_SSL",
    "kafka.sasl_mechanism": "SCRAM-SHA-512",
    "kafka.sasl_username": "watch",
    "kafka.sasl_password": "hunter2",
    "kafka.ssl_cafile": "/etc/ca.pem",
}


def test_what_is_not_set_is_left_to_librdkafka() -> None:
    assert librdkafka_options(KafkaSettings()) == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "PLAINTEXT",
        "client.id": "distillwatch",
        "log_level": 0,
    }


def test_log_in_and_certificates_are_passed_on() -> None:
    options = librdkafka_options(load_settings(None, SECURE).kafka)
    assert options["security.protocol"] == "SASL_SSL"
    assert options["sasl.mechanism"] == "SCRAM-SHA-512"
    assert options["sasl.username"] == "watch"
    assert options["sasl.password"] == "hunter2"
    assert options["ssl.ca.location"] == "/etc/ca.pem"


def test_tokens_come_from_the_same_place_as_the_workers(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc")
    login = {"kafka.sasl_mechanism": "OAUTHBEARER", "kafka.oauth_token_file": str(tmp_path / "token")}
    options = librdkafka_options(
        load_settings(None, {"kafka.security_protocol": "SASL_PLAINTEXT", **login}).kafka
    )
    ask = options["oauth_cb"]
    assert callable(ask)
    token, expiry = cast("tuple[str, float]", ask(""))
    assert (token, expiry > 0) == ("abc", True)
    Producer(options).close()


def test_librdkafka_knows_every_option() -> None:
    settings = load_settings(None, SECURE | {"kafka.security_protocol": "SASL_PLAINTEXT"})
    options = librdkafka_options(settings.kafka)
    del options["ssl.ca.location"]  # it would be opened
    Producer(options).close()


def test_the_partitions_of_a_topic_are_counted() -> None:
    with EmbeddedBroker() as broker:
        broker.create("here")
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
        assert partitions_of(kafka, "here") == list(range(PARTITIONS))


def test_asking_for_a_missing_topic_does_not_make_it() -> None:
    with EmbeddedBroker() as broker:
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
        for _ in range(2):
            with pytest.raises(TopicError, match=r"^the topic none does not exist; create it with"):
                partitions_of(kafka, "none")


def test_a_broker_that_is_gone_is_named() -> None:
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1", request_timeout=0.2)
    with pytest.raises(
        BrokerError, match=r"^no broker answers as PLAINTEXT \(127.0.0.1:1:.*start it or set kafka"
    ):
        partitions_of(kafka, "any")
