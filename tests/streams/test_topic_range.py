"""A range of a topic on a broker inside this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from streams import topic_range
from streams.embedded import EmbeddedBroker
from streams.settings_kafka import KafkaSettings
from streams.topic_range import Part, TopicRange

RECORDS, BYTES = 400, 1_000
MOST = 20_000


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as embedded:
        embedded.create("calls")
        yield embedded


def test_a_partition_that_is_far_ahead_waits_in_a_bounded_number_of_bytes(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_range, "MOST_WAITING_BYTES", MOST)
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    for partition in (1, 0):
        for number in range(RECORDS):
            time = 1_000 + partition * 100_000 + number
            producer.produce("calls", b"x" * BYTES, partition=partition, timestamp=time)
        assert producer.flush(30) == 0
    parts = [Part(0, 0, RECORDS), Part(1, 0, RECORDS)]
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
    found = TopicRange(kafka, "calls", parts, BYTES)
    most, numbers = 0, []
    for line in found.lines():
        numbers.append((line.partition, line.number))
        most = max(most, *(sum(len(one.value) for one in waiting) for waiting in found._waiting.values()))
    assert numbers == [(partition, k) for partition in (0, 1) for k in range(RECORDS)]
    assert most <= MOST + 50 * BYTES
