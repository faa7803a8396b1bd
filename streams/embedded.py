"""A broker inside this process, for the demo: librdkafka's mock cluster, which needs no Java and no Docker.

It keeps records in memory, 5 MB a partition, makes topics when they are first used, and has no admin API.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, Producer, TopicPartition

PARTITIONS = 4
"""Of every topic; the mock cluster's own default."""


class EmbeddedBroker:
    """A broker on a free loopback port, as long as this object is open."""

    def __init__(self) -> None:
        self._cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        broker = next(iter(self._cluster.list_topics(timeout=10).brokers.values()))
        self.bootstrap_servers = f"{broker.host}:{broker.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.close()

    def create(self, *topics: str) -> None:
        """Make topics exist: asking for one by name makes it."""
        for topic in topics:
            self._cluster.list_topics(topic, timeout=10)


class Progress:
    """How far a consumer group has committed in a topic."""

    def __init__(self, bootstrap_servers: str, group: str, topic: str) -> None:
        self._partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        self._consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group, "log_level": 0})

    def committed(self) -> int:
        """Records of all partitions that are done with."""
        offsets = self._consumer.committed(self._partitions, timeout=10)
        return sum(max(0, partition.offset) for partition in offsets)

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
