"""A real Apache Kafka for one benchmark, its topics, and records in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from confluent_kafka import Producer
from local_kafka import LocalKafka

from streams.settings import Settings, load_settings
from streams.topics import apply_topics

PARTITIONS = 4
MOST_QUEUED = 50_000


@contextmanager
def kafka() -> Iterator[str]:
    """Bootstrap servers of a broker that lives as long as the benchmark."""
    with LocalKafka() as broker:
        yield broker.bootstrap


def settings_for(bootstrap: str, metrics_port: int, **changes: object) -> Settings:
    """Settings with topics of their own, which exist when this returns."""
    run = uuid4().hex[:8]
    names = {f"topics.{topic}": f"{topic}-{run}" for topic in ("sketches", "state", "alerts", "dead_letters")}
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


def fill(bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Publish records keyed by tenant and wait for their delivery."""
    options = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 20}
    producer = Producer({**options, "enable.idempotence": True})
    for number, (key, value) in enumerate(records):
        producer.produce(topic, value, key)
        if number % MOST_QUEUED == 0:
            producer.flush()
    producer.flush()
