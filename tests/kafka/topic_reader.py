"""Reading topics and a group's offsets by another client than the workers': librdkafka."""

from __future__ import annotations

import time
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

PATIENCE_SECONDS = 30.0
READ_SECONDS = 120.0


def read_topic(bootstrap: str, topic: str) -> list[Message]:
    """Return all records of a topic up to its present end, partition by partition in order."""
    consumer = _consumer(bootstrap, f"reader-{uuid.uuid4().hex}")
    try:
        partitions = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in _numbers(consumer, topic)]
        consumer.assign(partitions)
        return _drain(consumer, len(partitions))
    finally:
        consumer.close()


def _drain(consumer: Consumer, partitions: int) -> list[Message]:
    records: list[Message] = []
    ended: set[int] = set()
    deadline = time.monotonic() + READ_SECONDS
    while len(ended) < partitions:
        assert time.monotonic() < deadline, "the topic cannot be read to its end"
        for message in consumer.consume(1000, timeout=0.1):
            error = message.error()
            if error is None:
                records.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
    return sorted(records, key=lambda record: (record.partition(), record.offset()))


def unread(bootstrap: str, group: str, topic: str) -> int:
    """Return how many records of a topic the group has not committed; without a broker, KafkaException."""
    consumer = _consumer(bootstrap, group)
    try:
        partitions = [TopicPartition(topic, number) for number in _numbers(consumer, topic)]
        committed = consumer.committed(partitions, timeout=PATIENCE_SECONDS)
        left = 0
        for place in committed:
            if place.error:
                raise KafkaException(place.error)
            low, high = consumer.get_watermark_offsets(place, timeout=PATIENCE_SECONDS)
            left += high - max(low, place.offset)
        return left
    finally:
        consumer.close()


def _numbers(consumer: Consumer, topic: str) -> list[int]:
    return sorted(consumer.list_topics(topic, timeout=PATIENCE_SECONDS).topics[topic].partitions)


def _consumer(bootstrap: str, group: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
