"""SIGTERM under load: an orderly end, after which nothing is done twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer, TopicPartition
from local_kafka import LocalKafka

from streams.state_record import PARTITION_KEY, decode_state, open_partition

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]
    WaitUntil = Callable[[Callable[[], bool]], None]

FIRST, ALL = range(6000), range(12_000)
# Never on time, so that the last checkpoint holds all that was done.
RARELY = {"checkpoint_seconds": 3600.0, "checkpoint_events": 1_000_000}


@pytest.mark.parametrize("count", [1, 2])
def test_after_an_orderly_end_under_load_nothing_is_done_twice(
    make_bus: Callable[..., Bus], offline: Offline, wait_until: WaitUntil, count: int
) -> None:
    bus = make_bus(state=RARELY)
    workers = [bus.start() for _ in range(count)]
    wait_until(lambda: bus.said().count("worker starts") == count)
    bus.publish_requests(FIRST)
    bus.read(bus.settings.topics.alerts, lambda records: len(records) > 0)
    for worker in workers:  # however fast they are, they are told when much waits
        worker.send_signal(signal.SIGSTOP)
    bus.publish_requests(ALL[len(FIRST) :])
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGCONT)
    assert [worker.wait(60) for worker in workers] == [0] * count
    before = len(bus.everything(bus.settings.topics.sketches))
    assert before < len(ALL), "the stop came too late to be one under load"
    assert committed(bus) == recorded(bus)
    delivered = {*bus.statements(set())}

    bus.start()
    bus.read(bus.settings.topics.sketches, lambda records: len(records) >= len(ALL))
    found = bus.statements(offline(ALL))
    origins = Counter(record.offset for record in bus.everything(bus.settings.topics.sketches))
    assert origins.total() == len(ALL), "no request was forwarded twice"
    assert sorted(found) == sorted(offline(ALL)), "no finding was lost or repeated"
    assert delivered <= {*found}


def committed(bus: Bus) -> dict[int, int]:
    """Return the group's offsets on the sketch topic."""
    topic = bus.settings.topics.sketches
    consumer = KafkaConsumer(
        bootstrap_servers=bus.settings.kafka.bootstrap_servers,
        group_id=bus.settings.kafka.group,
        enable_auto_commit=False,
    )
    numbers = consumer.partitions_for_topic(topic)
    offsets = {number: consumer.committed(TopicPartition(topic, number)) or 0 for number in numbers}
    consumer.close()
    return offsets


def recorded(bus: Bus) -> dict[int, int]:
    """Return the positions in the partitions' own records."""
    records = [one for one in bus.everything(bus.settings.topics.state) if one.key == PARTITION_KEY]
    known = {record.partition: open_partition(decode_state(record.value)).position for record in records}
    return {number: known.get(number, 0) for number in range(bus.settings.topics.partitions)}


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_worker_that_is_told_to_end_without_a_broker_ends_and_says_that_it_failed(
    make_bus: Callable[..., Bus], number: signal.Signals
) -> None:
    with LocalKafka() as broker:
        bus = make_bus(kafka={"bootstrap_servers": broker.bootstrap}, state=RARELY)
        worker = bus.start()
        bus.publish_requests(ALL)
        bus.read(bus.settings.topics.alerts, lambda records: len(records) > 0)
        os.kill(broker.pid, number)
        try:
            assert bus.stop(worker) == 1
        finally:
            os.kill(broker.pid, signal.SIGCONT)
