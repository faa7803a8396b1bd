"""The state topic is damaged, written by another release, compacted or gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from struct import pack_into

import google_crc32c
import pytest
from confluent_kafka import Message

from streams.state_record import PARTITION_KEY, decode_state
from streams.topics import apply_topics
from tests.kafka.cluster import Cluster
from tests.kafka.load import Publisher
from tests.kafka.quick_settings import PARTITIONS
from tests.kafka.stand import Stand
from tests.kafka.topic_reader import read_topic
from tests.kafka.truth import differences, found, judged
from tests.kafka.upkeep import compact, configure, delete_before, delete_topic, write

EVENTS = 1800
CRC_AT = 19
MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]
Damage = Callable[[bytes], bytes]


def flipped(value: bytes) -> bytes:
    """A bit in the middle is not what it was."""
    return value[: len(value) // 2] + bytes([value[len(value) // 2] ^ 4]) + value[len(value) // 2 + 1 :]


def truncated(value: bytes) -> bytes:
    """The second half is missing."""
    return value[: len(value) // 2]


def newer(value: bytes) -> bytes:
    """The next release wrote it, in its own way."""
    changed = bytearray(value)
    changed[2] += 1
    pack_into("<I", changed, CRC_AT, google_crc32c.value(bytes(changed[:CRC_AT] + changed[CRC_AT + 4 :])))
    return bytes(changed)


DAMAGES = [flipped, truncated, newer]


def last_records(stand: Stand) -> dict[tuple[int, bytes], Message]:
    """The record that counts of every key of the state topic."""
    best: dict[tuple[int, bytes], Message] = {}
    for record in read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.state):
        place = record.partition(), record.key()
        if (
            place not in best
            or decode_state(best[place].value()).position <= decode_state(record.value()).position
        ):
            best[place] = record
    return best


def run_half(stand: Stand, publisher: Publisher) -> None:
    """Publish the first part of the load, and have it judged by a worker that ends well."""
    publisher.publish(EVENTS)
    stand.start()
    stand.finish()


@pytest.mark.parametrize("damage", DAMAGES)
def test_partition_records_that_cannot_be_read_cost_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, damage: Damage
) -> None:
    stand = make_stand(one)
    load = publisher(stand)
    run_half(stand, load)
    broken = [
        (partition, key, damage(record.value()))
        for (partition, key), record in last_records(stand).items()
        if key == PARTITION_KEY
    ]
    assert len(broken) > 1
    write(one.bootstrap, stand.settings.topics.state, broken)
    load.publish(EVENTS)
    worker = stand.start()
    stand.finish()
    assert worker.said().count("state record refused") == len(broken)
    assert worker.said().count("no state of a partition that was read") == len(broken)


def test_a_snapshot_that_cannot_be_read_costs_its_tenant_the_past_and_nobody_else_anything(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    load = publisher(stand)
    run_half(stand, load)
    snapshots = {key: record for (_, key), record in last_records(stand).items() if key != PARTITION_KEY}
    hurt = dict(zip(["t1", "t4", "t7"], DAMAGES, strict=True))
    write(
        one.bootstrap,
        stand.settings.topics.state,
        [
            (snapshots[name.encode()].partition(), name.encode(), damage(snapshots[name.encode()].value()))
            for name, damage in hurt.items()
        ],
    )
    load.publish(EVENTS)
    worker = stand.start()
    stand.wait_until(stand.is_done)
    assert stand.end(worker) == 0

    assert worker.said().count("state record refused") == len(hurt)
    outcome, expected = found(stand.settings), judged(stand.settings)
    assert {outcome.events[name] for name in hurt} == {EVENTS // load.load.tenants}
    about = tenants_of_findings(stand)
    for one_of in (outcome, expected):
        one_of.tenants = {name: said for name, said in one_of.tenants.items() if name not in hurt}
        one_of.findings = {
            key: said for key, said in one_of.findings.items() if about.get(key[0]) not in hurt
        }
    ours = [line for line in differences(outcome, expected) if "lost" not in line]
    assert ours == []
    assert len(outcome.findings) > EVENTS // 100


def tenants_of_findings(stand: Stand) -> dict[str, str]:
    """Return the tenant of every episode on the alert topic."""
    records = read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.alerts)
    values = [json.loads(record.value()) for record in records]
    return {value["finding_info"]["uid"]: value["metadata"]["tenant_uid"] for value in values}


def empty_it(stand: Stand) -> None:
    """Delete all records."""
    servers, topic = stand.settings.kafka.bootstrap_servers, stand.settings.topics.state
    configure(servers, topic, cleanup_policy="compact,delete")
    delete_before(servers, topic, dict.fromkeys(range(PARTITIONS), -1))
    configure(servers, topic, cleanup_policy="compact")
    assert read_topic(servers, topic) == []


def remove_it(stand: Stand) -> None:
    """Delete the topic and create it anew."""
    delete_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.state)
    apply_topics(stand.settings)


@pytest.mark.parametrize("lose", [empty_it, remove_it])
def test_a_state_that_is_gone_is_made_anew_from_the_sketches(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, lose: Callable[[Stand], None]
) -> None:
    stand = make_stand(one)
    load = publisher(stand)
    run_half(stand, load)
    lose(stand)
    load.publish(EVENTS)
    worker = stand.start()
    outcome = stand.finish()
    assert "no state of a partition that was read" in worker.said()
    assert outcome.repeats > 0


def test_a_compacted_state_is_the_same_state(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    load = publisher(stand)
    for _ in range(3):  # a checkpoint each at least
        run_half(stand, load)
    before = len(read_topic(one.bootstrap, stand.settings.topics.state))
    compact(one.bootstrap, stand.settings.topics.state)
    assert len(read_topic(one.bootstrap, stand.settings.topics.state)) < before
    load.publish(EVENTS)
    stand.start()
    outcome = stand.finish()
    assert outcome.repeats == 0
