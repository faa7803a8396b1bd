from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from models.errors import BrokerError, SettingsError
from streams.connection import (
    BrokerUnreachableError,
    client_options,
    faust_credentials,
    ssl_context,
    wait_for_broker,
)
from streams.settings_kafka import KafkaSettings

LOGIN = {"sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "watch", "sasl_password": "secret"}


def settings(**keys: object) -> KafkaSettings:
    return KafkaSettings.model_validate(keys)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Broker:
    """Answers from the n-th attempt on."""

    def __init__(self, failures: int, error: BrokerError | None = None) -> None:
        self.failures = failures
        self.error = error or BrokerUnreachableError("no broker answers")

    def __call__(self, _kafka: KafkaSettings) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise self.error


def test_a_plaintext_broker_needs_addresses_only() -> None:
    options = client_options(settings(bootstrap_servers="a:9092, b:9093", request_timeout=5))
    assert options["bootstrap_servers"] == ["a:9092", "b:9093"]
    assert options["request_timeout_ms"] == 5_000
    assert options["security_protocol"] == "PLAINTEXT"
    assert options["ssl_context"] is None
    assert "sasl_mechanism" not in options


def test_log_in_and_tls_reach_the_clients() -> None:
    options = client_options(settings(security_protocol="SASL_SSL", **LOGIN))
    assert options["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("watch", "secret")
    assert isinstance(options["ssl_context"], ssl.SSLContext)


def test_tls_verifies_the_broker_and_its_name() -> None:
    context = ssl_context(settings(security_protocol="SSL"))
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certificates_that_cannot_be_read_name_their_setting(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("not a certificate")
    with pytest.raises(SettingsError, match=r"kafka\.ssl_cafile: cannot read certificates from /nowhere"):
        ssl_context(settings(security_protocol="SSL", ssl_cafile="/nowhere"))
    with pytest.raises(SettingsError, match=r"kafka\.ssl_cafile: cannot read certificates from .*broken"):
        ssl_context(settings(security_protocol="SSL", ssl_cafile=broken))
    with pytest.raises(SettingsError, match=r"kafka\.ssl_certfile, kafka\.ssl_keyfile: cannot read"):
        ssl_context(settings(security_protocol="SSL", ssl_certfile=broken, ssl_keyfile=broken))


def test_faust_gets_credentials_of_the_same_settings() -> None:
    assert faust_credentials(settings()) is None
    encrypted = faust_credentials(settings(security_protocol="SSL"))
    assert isinstance(encrypted, SSLCredentials)
    assert isinstance(encrypted.context, ssl.SSLContext)
    both = faust_credentials(settings(security_protocol="SASL_SSL", **LOGIN))
    assert isinstance(both, SASLCredentials)
    assert both.protocol.value == "SASL_SSL"
    assert both.mechanism.value == "SCRAM-SHA-256"
    plain = faust_credentials(settings(security_protocol="SASL_PLAINTEXT", **LOGIN))
    assert isinstance(plain, SASLCredentials)
    assert plain.protocol.value == "SASL_PLAINTEXT"


def test_faust_gets_tokens_where_we_log_in_by_them(tmp_path: Path) -> None:
    login = {"sasl_mechanism": "OAUTHBEARER", "oauth_token_file": tmp_path / "token"}
    credentials = faust_credentials(settings(security_protocol="SASL_SSL", **login))
    assert isinstance(credentials, OAuthCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    (tmp_path / "token").write_text("abc")
    assert asyncio.run(credentials.oauth_cb.token()) == "abc"
    options = client_options(settings(security_protocol="SASL_SSL", **login))
    assert options["sasl_mechanism"] == "OAUTHBEARER"
    assert "sasl_plain_password" not in options


def test_no_connection_is_made_below_tls_1_2() -> None:
    context = ssl_context(settings(security_protocol="SSL"))
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_waiting_backs_off_says_so_and_ends_with_the_first_answer() -> None:
    clock, said = Clock(), list[str]()
    wait_for_broker(settings(), report=said.append, probe=Broker(7), clock=clock, sleep=clock.sleep)
    assert clock.slept == [0.5, 1, 2, 4, 8, 10, 10]
    assert said[0] == "no broker answers; trying again in 0.5 s, giving up in 60 s"


def test_waiting_ends_after_the_stated_time() -> None:
    clock, said = Clock(), list[str]()
    with pytest.raises(
        BrokerError, match=r"gave up after 12 s \(kafka.startup_timeout\): start the broker or"
    ):
        wait_for_broker(
            settings(startup_timeout=12),
            report=said.append,
            probe=Broker(1_000),
            clock=clock,
            sleep=clock.sleep,
        )
    assert sum(clock.slept) == 12
    assert len(said) == len(clock.slept)


def test_a_refusal_is_not_waited_for() -> None:
    clock = Clock()
    with pytest.raises(BrokerError, match="refuses user"):
        wait_for_broker(settings(), probe=Broker(1, BrokerError("refuses user")), sleep=clock.sleep)
    assert clock.slept == []
