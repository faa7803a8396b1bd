"""A Kafka with TLS, client certificates and every log-in, and the rights that the documents name."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from listeners import ServerTls
from local_kafka import LocalKafka

from streams.kafka_python import KafkaAdminClient
from tests.kafka.security.certificates import Files, write_certificates
from tests.kafka.security.desk import PASSWORD, USER, Desk
from tests.kafka.security.rights import AccessLists, Right, documented_rights
from tests.kafka.security.token_endpoint import TokenEndpoint, serve_tokens

if TYPE_CHECKING:
    from conftest import Names

PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Certificates in a folder."""
    return write_certificates(tmp_path_factory.mktemp("certificates"), USER)


@pytest.fixture
def token_endpoint(files: Files) -> Iterator[TokenEndpoint]:
    """Tokens over TLS on a loopback port."""
    with serve_tokens(files.server, USER) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def secure_kafka(installed: None, files: Files) -> Iterator[LocalKafka]:  # noqa: ARG001 -- skips without Java
    """A broker with every listener, one user, and access control lists."""
    tls = ServerTls(keystore=files.server, truststore=files.ca)
    # A log-in by token lasts as long as the token, so that a token has to be renewed.
    extra = {"listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms": "3600000"}
    with LocalKafka(users={USER: PASSWORD}, tls=tls, extra=extra) as broker:
        yield broker


@pytest.fixture
def sections(
    secure_kafka: LocalKafka, files: Files, token_endpoint: TokenEndpoint
) -> dict[str, dict[str, Any]]:
    """Return the `kafka` section for each way to be admitted."""
    trust = {"ssl_cafile": str(files.ca), "request_timeout": 30.0, "startup_timeout": 60.0}
    sasl = {**trust, "bootstrap_servers": secure_kafka.addresses["SASL_SSL"], "security_protocol": "SASL_SSL"}
    login = {**sasl, "sasl_username": USER, "sasl_password": PASSWORD}
    certificate = {"ssl_certfile": str(files.client), "ssl_keyfile": str(files.client_key)}
    tls = {**trust, "security_protocol": "SSL"}
    client = {
        "oauth_token_url": token_endpoint.url,
        "oauth_client_id": USER,
        "oauth_client_secret": token_endpoint.secret,
        "oauth_cafile": str(files.ca),
    }
    return {
        "SSL": {**tls, "bootstrap_servers": secure_kafka.addresses["SSL"]},
        "mTLS": {**tls, "bootstrap_servers": secure_kafka.addresses["MTLS"], **certificate},
        "PLAIN": {**login, "sasl_mechanism": "PLAIN"},
        "SCRAM-SHA-256": {**login, "sasl_mechanism": "SCRAM-SHA-256"},
        "SCRAM-SHA-512": {**login, "sasl_mechanism": "SCRAM-SHA-512"},
        "OAUTHBEARER": {**sasl, "sasl_mechanism": "OAUTHBEARER", **client},
    }


@pytest.fixture
def make_desk(tmp_path: Path, names: Names) -> Iterator[Callable[[dict[str, Any]], Desk]]:
    """Return a function that opens a desk for a `kafka` section; its workers are gone after the test."""
    desks: list[Desk] = []

    def make(kafka: dict[str, Any]) -> Desk:
        folder = tmp_path / f"desk-{len(desks)}"
        folder.mkdir()
        desks.append(Desk(folder, names, kafka))
        return desks[-1]

    yield make
    for worker in (worker for desk in desks for worker in desk.running):
        worker.send_signal(signal.SIGKILL)
        worker.communicate()


@pytest.fixture(scope="session")
def access_lists(secure_kafka: LocalKafka) -> Iterator[AccessLists]:
    """Give and take rights on the broker with TLS."""
    with KafkaAdminClient(bootstrap_servers=secure_kafka.bootstrap) as client:
        yield AccessLists(client, USER)


@pytest.fixture
def rights_of(names: Names) -> Callable[[str], list[Right]]:
    """Return a function that reads the documented rights of a role."""
    return lambda role: documented_rights(role, names)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that returns as soon as a condition holds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.05)

    return wait
