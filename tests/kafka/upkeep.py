"""What operators, and accidents, do to topics: settings, deletions, quotas, and records out of the blue."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest

from streams.kafka_python import KafkaAdminClient
from tests.kafka.topic_reader import read_topic

PATIENCE_SECONDS = 60.0


def configure(bootstrap: str, topic: str, **options: str) -> None:
    """Set options of a topic; underscores stand for dots."""
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in options.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = _admin(bootstrap)
    for done in admin.incremental_alter_configs([resource]).values():
        done.result()


def delete_before(bootstrap: str, topic: str, offsets: Mapping[int, int]) -> None:
    """Delete the records of partitions below these offsets, as retention does; -1 stands for the end."""
    places = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
    admin = _admin(bootstrap)
    for done in admin.delete_records(places).values():
        done.result()


def delete_topic(bootstrap: str, topic: str) -> None:
    """Delete a topic and wait until it is gone."""
    admin = _admin(bootstrap)
    for done in admin.delete_topics([topic]).values():
        done.result()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline, f"{topic} is still there"
        time.sleep(0.1)


def compact(bootstrap: str, topic: str) -> None:
    """Have a topic compacted, and wait until every key but those of the last records stands there once."""
    configure(
        bootstrap,
        topic,
        cleanup_policy="compact",
        segment_ms="100",
        segment_bytes="1048576",
        min_cleanable_dirty_ratio="0.001",
        min_compaction_lag_ms="0",
        max_compaction_lag_ms="100",
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        records = read_topic(bootstrap, topic)
        keys = {(record.partition(), record.key()) for record in records}
        if len(records) < 2 * len(keys):
            return
        assert time.monotonic() < deadline, f"{len(records)} records of {len(keys)} keys"
        # A segment is closed by the next record.
        write(bootstrap, topic, [(partition, b"\xfefiller", b"") for partition in {p for p, _ in keys}])
        time.sleep(0.5)


def write(bootstrap: str, topic: str, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> None:
    """Write records of partition, key and value."""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for partition, key, value in records:
        producer.produce(topic, value, key, partition=partition)
    assert producer.flush(PATIENCE_SECONDS) == 0


def limit_producers(bootstrap: str, bytes_a_second: float | None) -> None:
    """Set a quota for what each client may write, or take it away."""
    request = AlterClientQuotasRequest
    change = request.EntryData.OpData(
        key="producer_byte_rate", value=bytes_a_second or 0.0, remove=bytes_a_second is None
    )
    everyone = request.EntryData.EntityData(entity_type="client-id", entity_name=None)
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        entries = [request.EntryData(entity=[everyone], ops=[change])]
        answer = admin._manager.run(admin._manager.send, request(entries=entries, validate_only=False))
    assert not any(entry.error_code for entry in answer.entries), answer


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
