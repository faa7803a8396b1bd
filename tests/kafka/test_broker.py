from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from models.errors import BrokerError
from streams.broker import probe_broker
from streams.connection import BrokerUnreachableError, wait_for_broker
from streams.settings_kafka import KafkaSettings

if TYPE_CHECKING:
    from conftest import MakeSettings

    from streams.settings import Settings


def never(seconds: float) -> None:
    pytest.fail(f"waited {seconds} s")


def test_a_running_broker_is_found_at_once(make_settings: MakeSettings) -> None:
    said: list[str] = []
    wait_for_broker(make_settings().kafka, report=said.append)
    assert said == []


def test_the_second_of_two_addresses_is_enough(make_settings: MakeSettings, kafka: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    probe_broker(make_settings(kafka={"bootstrap_servers": f"127.0.0.1:{closed},{kafka}"}).kafka)


def test_a_port_where_nobody_listens_is_worth_another_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    with pytest.raises(BrokerUnreachableError, match=f"no broker answers.*127.0.0.1:{closed}"):
        probe_broker(KafkaSettings(bootstrap_servers=f"127.0.0.1:{closed}"))


def test_a_user_with_the_right_password_is_admitted(guarded_settings: Settings) -> None:
    probe_broker(guarded_settings.kafka)


def test_a_wrong_password_is_refused_at_once(guarded_settings: Settings) -> None:
    kafka = guarded_settings.kafka.model_copy(update={"sasl_password": SecretStr("wrong")})
    with pytest.raises(BrokerError, match="refuses user 'distillwatch': check") as refusal:
        wait_for_broker(kafka, report=pytest.fail, sleep=never)
    assert "wrong" not in str(refusal.value)


def test_a_mechanism_that_the_broker_lacks_is_refused_at_once(guarded_settings: Settings) -> None:
    kafka = guarded_settings.kafka.model_copy(update={"sasl_mechanism": "SCRAM-SHA-512"})
    with pytest.raises(BrokerError, match=r"does not offer SCRAM-SHA-512: change kafka\.sasl_mechanism"):
        wait_for_broker(kafka, report=pytest.fail, sleep=never)


def test_tls_towards_a_plaintext_listener_names_the_setting(make_settings: MakeSettings) -> None:
    kafka = make_settings(kafka={"security_protocol": "SSL", "request_timeout": 5}).kafka
    with pytest.raises(BrokerUnreachableError, match=r"is kafka\.security_protocol = SSL right"):
        probe_broker(kafka)


def test_plaintext_towards_a_listener_with_log_in_names_the_setting(guarded_settings: Settings) -> None:
    kafka = KafkaSettings(bootstrap_servers=guarded_settings.kafka.bootstrap_servers, request_timeout=1)
    with pytest.raises(BrokerUnreachableError, match="does not answer as PLAINTEXT"):
        probe_broker(kafka)
