"""The callback for LiteLLM on a real Kafka, and what is understood of what it published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kafka.topic_reader import read_topic
from tests.models.formats import records
from tests.models.formats.encoded import decode
from tests.producers.stand_in import call, install, load, publish

if TYPE_CHECKING:
    from conftest import Names
    from kafka import KafkaAdminClient  # type: ignore[import-untyped]


def test_calls_are_published_by_tenant_and_understood(
    kafka: str, names: Names, admin: KafkaAdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.create_topics({names.source: {"num_partitions": 3}}, wait_for_metadata=True)
    install(monkeypatch)
    monkeypatch.setenv("LITELLM_KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("LITELLM_KAFKA_TOPIC", names.source)
    monkeypatch.setenv("LITELLM_KAFKA_CONFIG", '{"log_level": 0}')
    logger = load().proxy_handler_instance
    for number in range(30):
        metadata = records.litellm()["metadata"] | {"user_api_key_team_id": f"team-{number % 5}"}
        publish(logger, call(metadata=metadata, id=f"r{number}"))
    logger.close()
    assert (logger.delivered, logger.dropped) == (30, 0)

    published = read_topic(kafka, names.source)
    events = [event for message in published for event in decode("litellm", message.value())]
    assert sorted(event.id for event in events) == sorted(f"r{number}" for number in range(30))
    assert {event.prompt for event in events} == {records.PROMPT}
    assert [message.key().decode() for message in published] == [event.tenant for event in events]
    places = {(message.key(), message.partition()) for message in published}
    assert len(places) == 5
    assert records.SECRET.encode() not in b"".join(message.value() for message in published)
