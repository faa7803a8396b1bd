"""Records that hold many events each, whose events go to several partitions of the sketch topic."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from streams.population_records import MARK_KEY
from tests.kafka.cluster import Cluster
from tests.kafka.load import Load
from tests.kafka.quick_settings import PARTITIONS
from tests.kafka.spans import SOURCE, exported
from tests.kafka.stand import Stand
from tests.kafka.topic_reader import read_topic
from tests.kafka.upkeep import write

EVENTS = 2400
A_RECORD = 11
LOAD = Load()
MakeStand = Callable[..., Stand]


def put(stand: Stand, requests: list[dict[str, Any]]) -> None:
    """Write requests, several a record; those of a tenant stay in one partition and in their order."""
    for partition in range(PARTITIONS):
        ours = [one for one in requests if int(one["tenant"][1:]) % PARTITIONS == partition]
        parts = [ours[start : start + A_RECORD] for start in range(0, len(ours), A_RECORD)]
        topic = stand.settings.source.topic
        write(
            stand.settings.kafka.bootstrap_servers,
            topic,
            [(partition, b"spans", exported(part)) for part in parts],
        )


@pytest.mark.parametrize("step", ["forwarded", "delivered", "partitions_written"])
def test_a_worker_killed_among_the_events_of_a_record_loses_and_doubles_none(
    one: Cluster, make_stand: MakeStand, step: str
) -> None:
    stand = make_stand(one, source=SOURCE)
    put(stand, [LOAD.request(number) for number in range(EVENTS)])
    stand.wait_for_death(stand.start(step, times=2))
    stand.start()
    outcome = stand.finish()
    assert sum(outcome.events.values()) == EVENTS


def test_workers_killed_at_random_lose_and_double_no_event_of_two_topics(
    one: Cluster, make_stand: MakeStand
) -> None:
    chance = random.Random(7)
    stand = make_stand(one, source=SOURCE)
    others = {"native": {"topic": f"{stand.settings.source.topic}-native"}}
    stand = make_stand(one, source={"topic": stand.settings.source.topic, **SOURCE}, sources=others)
    requests = [LOAD.request(number) for number in range(EVENTS)]
    native = [one | {"tenant": f"n{one['tenant']}", "id": f"n{one['id']}"} for one in requests]
    stand.start()
    for start in range(0, EVENTS, 480):
        seen = len(sketches(stand))
        put(stand, requests[start : start + 480])
        topic = stand.settings.sources["native"].topic
        records = [(0, b"", json.dumps(one).encode()) for one in native[start : start + 480]]
        write(one.bootstrap, topic, records)
        stand.start()
        stand.wait_until(lambda seen=seen: len(sketches(stand)) > seen)
        stand.end(chance.choice(stand.workers), signal.SIGKILL)
    stand.start()
    outcome = stand.finish()
    assert sum(outcome.events.values()) == 2 * EVENTS


def sketches(stand: Stand) -> list[Any]:
    records = read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.sketches)
    return [record for record in records if not record.key().startswith(MARK_KEY)]
