"""A real Apache Kafka for one benchmark, its topics, and records in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from streams.settings import Settings, load_settings
from streams.topics import apply_topics

from local_kafka import LocalKafka  # isort: skip  kafka-python warns unless ours imports it first

PARTITIONS = 4
MOST_QUEUED = 50_000
READ_AT_ONCE, READ_SECONDS = 10_000, 10.0
OURS = ("sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "control")
"""Topics that each run has for itself, so that it finds nothing of the runs before."""


@contextmanager
def kafka() -> Iterator[str]:
    """Bootstrap servers of a broker that lives as long as the benchmark."""
    with LocalKafka() as broker:
        yield broker.bootstrap


def settings_for(bootstrap: str, metrics_port: int, **changes: object) -> Settings:
    """Settings with topics of their own, which exist when this returns."""
    run = uuid4().hex[:8]
    names = {f"topics.{topic}": f"{topic}-{run}" for topic in OURS}
    overrides = {
        "kafka.bootstrap_servers": bootstrap,
        "kafka.group": f"bench-{run}",
        "source.topic": f"requests-{run}",
        "topics.partitions": PARTITIONS,
        "metrics.port": metrics_port,
        "log.level": "warning",
        **names,
        **changes,
    }
    settings = load_settings(None, overrides)
    apply_topics(settings, with_source=True)
    return settings


def fill(
    bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes] | tuple[bytes, bytes, int | None]]
) -> None:
    """Publish records keyed by tenant, or to the partition that stands third, and wait for their delivery."""
    options = {
        "bootstrap.servers": bootstrap,
        "partitioner": "murmur2_random",
        "linger.ms": 20,
        "log_level": 3,
    }
    producer = Producer({**options, "enable.idempotence": True, "queue.buffering.max.messages": MOST_QUEUED})
    for key, value, *where in records:
        partition = -1 if not where or where[0] is None else where[0]
        try:
            producer.produce(topic, value, key, partition)
        except BufferError:
            producer.flush()
            producer.produce(topic, value, key, partition)
    producer.flush()


def read_through(bootstrap: str, topic: str, count: int) -> None:
    """Read so many records of a topic with `PARTITIONS` partitions, or as many as come, and forget them."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": uuid4().hex, "log_level": 3})
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
    try:
        while count > 0 and (read := consumer.consume(min(count, READ_AT_ONCE), timeout=READ_SECONDS)):
            count -= len(read)
    finally:
        consumer.close()
