"""A real Apache Kafka for the tests of this folder, and names that no other test uses.

`DISTILLWATCH_TEST_BOOTSTRAP` names a broker to use instead of starting one. Without Java or Maven the
tests are skipped and say so; with `DISTILLWATCH_REQUIRE_KAFKA=1` they fail instead.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "kafka"))

from models.warming import warm_up

from streams.kafka_python import KafkaAdminClient  # isort: skip -- first, since kafka-python warns at import

from kafka.admin import (  # type: ignore[import-untyped]
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
)
from kafka_libraries import LocalKafkaError
from local_kafka import LocalKafka

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings

# The one user of the broker with access control; a test grants what it needs.
USER = "distillwatch"
PASSWORD = "not-a-secret"  # noqa: S105 -- of a broker that lives as long as the test


@dataclass(frozen=True, slots=True)
class Names:
    """Topics and consumer group of one test."""

    source: str
    sketches: str
    state: str
    alerts: str
    dead_letters: str
    population: str
    fingerprints: str
    scores: str
    control: str
    group: str

    def all_topics(self) -> list[str]:
        """Return the topics, the source first."""
        ours = [self.sketches, self.state, self.population, self.fingerprints]
        return [self.source, *ours, self.control, self.alerts, self.dead_letters]


class MakeSettings(Protocol):
    """Build settings for one test; a section's keywords override what the fixture chose."""

    def __call__(self, **sections: dict[str, Any]) -> Settings: ...


class Grant(Protocol):
    """Give the one user a right on a topic or a group."""

    def __call__(self, operation: str, *, topic: str = "", group: str = "") -> None: ...


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test of this folder."""
    item.add_marker("kafka")


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile the core once, before two workers of the first test both do."""
    warm_up()


@pytest.fixture(scope="session")
def installed() -> None:
    """Skip where Kafka can be neither found nor fetched."""
    start_or_skip(LocalKafka())


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap servers of a running Apache Kafka."""
    given = os.environ.get("DISTILLWATCH_TEST_BOOTSTRAP")
    if given:
        yield given
        return
    with start_or_skip(LocalKafka()) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def guarded_kafka() -> Iterator[LocalKafka]:
    """A broker of its own that enforces access control lists and knows the one user."""
    with start_or_skip(LocalKafka(users={USER: PASSWORD})) as broker:
        yield broker


@pytest.fixture(scope="session")
def admin(kafka: str) -> Iterator[KafkaAdminClient]:
    """An admin client of the broker."""
    with KafkaAdminClient(bootstrap_servers=kafka) as client:
        yield client


@pytest.fixture
def names() -> Names:
    """Topic names and a group that no other test uses."""
    unique = uuid.uuid4().hex[:8]
    return Names(
        source=f"requests-{unique}",
        sketches=f"sketches-{unique}",
        state=f"state-{unique}",
        alerts=f"alerts-{unique}",
        dead_letters=f"dead-letters-{unique}",
        population=f"population-{unique}",
        fingerprints=f"fingerprints-{unique}",
        scores=f"scores-{unique}",
        control=f"control-{unique}",
        group=f"distillwatch-{unique}",
    )


@pytest.fixture
def make_settings(kafka: str, names: Names) -> MakeSettings:
    """Return a function that builds settings for the broker, with this test's names."""
    return lambda **sections: settings_for(kafka, names, **sections)


@pytest.fixture
def guarded_settings(guarded_kafka: LocalKafka, names: Names) -> Settings:
    """Settings of the one user on the broker that enforces access control lists."""
    login = {
        "bootstrap_servers": guarded_kafka.addresses["SASL_PLAINTEXT"],
        "group": names.group,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_username": USER,
        "sasl_password": PASSWORD,
    }
    return settings_for(guarded_kafka.addresses["SASL_PLAINTEXT"], names, kafka=login)


@pytest.fixture
def grant(guarded_kafka: LocalKafka) -> Iterator[Grant]:
    """Return a function that gives the one user a right."""
    with KafkaAdminClient(bootstrap_servers=guarded_kafka.bootstrap) as client:

        def give(operation: str, *, topic: str = "", group: str = "") -> None:
            resource = ResourcePattern(ResourceType.TOPIC if topic else ResourceType.GROUP, topic or group)
            allow = ACLPermissionType.ALLOW
            acl = ACL(f"User:{USER}", "*", ACLOperation[operation], allow, resource)
            client.create_acls([acl])
            deadline = time.monotonic() + 10
            while not client.describe_acls(acl)[0]:  # the broker hears of it from the controller
                assert time.monotonic() < deadline

        yield give


def settings_for(bootstrap: str, names: Names, **sections: dict[str, Any]) -> Settings:
    """Build settings for a broker and these names; a section's keywords override ours."""
    from streams.settings import Settings  # noqa: PLC0415 -- most fixtures do without

    chosen: dict[str, dict[str, Any]] = {
        "kafka": {"bootstrap_servers": bootstrap, "group": names.group},
        "source": {"topic": names.source},
        "topics": {
            "sketches": names.sketches,
            "state": names.state,
            "alerts": names.alerts,
            "dead_letters": names.dead_letters,
            "population": names.population,
            "fingerprints": names.fingerprints,
            "scores": names.scores,
            "control": names.control,
            "partitions": 2,
        },
        "embedding": {"kind": "hashed"},
        "metrics": {"port": 0},
    }
    every = {**chosen, **sections}
    return Settings.model_validate({name: chosen.get(name, {}) | sections.get(name, {}) for name in every})


def start_or_skip(broker: LocalKafka) -> LocalKafka:
    """Fetch Kafka, or skip the tests that need it with the reason (or fail, where it is required)."""
    try:
        broker.prepare()
    except LocalKafkaError as error:
        if os.environ.get("DISTILLWATCH_REQUIRE_KAFKA"):
            raise
        pytest.skip(str(error))
    return broker
