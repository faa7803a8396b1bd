"""The source topic has gaps, repeats, old news and wrong clocks, or was deleted before it was read."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer

from streams.population_records import MARK_KEY
from tests.kafka.cluster import Cluster
from tests.kafka.load import START_MS, Load, Publisher
from tests.kafka.quick_settings import PARTITIONS
from tests.kafka.stand import Stand
from tests.kafka.topic_reader import read_topic
from tests.kafka.truth import differences, found, judged
from tests.kafka.upkeep import compact, delete_before, write

EVENTS = 2400
YEAR_MS = 365 * 86_400_000
LIVENESS_SECONDS = 4.0
LOAD = Load()
MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


def partition_of(request: dict[str, Any]) -> int:
    """Keep a tenant's requests together."""
    return int(request["tenant"][1:]) % PARTITIONS


def put(stand: Stand, requests: list[dict[str, Any]], key: Callable[[int, dict[str, Any]], str]) -> None:
    """Write requests to the source topic."""
    write(
        stand.settings.kafka.bootstrap_servers,
        stand.settings.source.topic,
        [
            (partition_of(request), key(number, request).encode(), json.dumps(request).encode())
            for number, request in enumerate(requests)
        ],
    )


def by_tenant(_number: int, request: dict[str, Any]) -> str:
    return str(request["tenant"])


def test_gaps_that_compaction_left_are_no_loss(one: Cluster, make_stand: MakeStand) -> None:
    stand = make_stand(one)
    requests = [LOAD.request(number) for number in range(EVENTS)]
    # Of two requests of a tenant the second has the same key and replaces the first.
    put(stand, requests, lambda number, request: f"{request['tenant']} {number // LOAD.tenants // 2}")
    compact(one.bootstrap, stand.settings.source.topic)
    records = [record for record in read_topic(one.bootstrap, stand.settings.source.topic) if record.value()]
    assert len(records) < EVENTS
    worker = stand.start()
    stand.finish()
    assert "deleted before they were read" not in worker.said()


def test_what_a_transaction_took_back_is_not_judged_and_an_open_one_is_no_lag(
    one: Cluster, make_stand: MakeStand
) -> None:
    stand = make_stand(one, worker={"liveness_seconds": LIVENESS_SECONDS})
    topic, requests = stand.settings.source.topic, [LOAD.request(number) for number in range(EVENTS)]
    producer = Producer(
        {"bootstrap.servers": one.bootstrap, "transactional.id": stand.settings.kafka.group, "log_level": 0}
    )
    producer.init_transactions(30)
    worker = stand.start_ready()
    for number in range(0, EVENTS, 100):
        producer.begin_transaction()
        for request in requests[number : number + 100]:
            producer.produce(topic, json.dumps(request).encode(), request["tenant"])
        producer.commit_transaction(30)
        producer.begin_transaction()
        for request in requests[number : number + 50]:
            taken_back = {**request, "id": "taken back", "flags": ["canary"], "tenant": "nobody"}
            producer.produce(topic, json.dumps(taken_back).encode(), request["tenant"])
        producer.flush()
        producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, json.dumps(requests[0]).encode(), "t0")
    producer.flush()

    def all_judged() -> bool:
        records = read_topic(one.bootstrap, stand.settings.topics.sketches)
        return sum(not record.key().startswith(MARK_KEY) for record in records) >= EVENTS

    stand.wait_until(all_judged)
    later = time.monotonic() + 2 * LIVENESS_SECONDS
    stand.wait_until(lambda: time.monotonic() > later)
    assert worker.runs, worker.said()[-3000:]
    producer.abort_transaction(30)
    assert stand.end(worker) == 0
    outcome = found(stand.settings)
    assert differences(outcome, judged(stand.settings)) == []
    assert "nobody" not in outcome.tenants


def test_records_that_retention_deleted_unread_are_counted_and_said(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    load = publisher(stand)
    load.publish(EVENTS)
    first = stand.start()
    stand.wait_until(stand.is_done)
    assert stand.end(first) == 0
    ends = dict.fromkeys(range(PARTITIONS), 0)
    for record in read_topic(one.bootstrap, stand.settings.source.topic):
        ends[record.partition()] = record.offset() + 1
    load.publish(EVENTS)
    delete_before(
        one.bootstrap, stand.settings.source.topic, {number: end + 7 for number, end in ends.items()}
    )
    second = stand.start()
    stand.wait_until(stand.is_done)
    assert stand.end(second) == 0
    said = [json.loads(line) for line in second.said().splitlines()]
    losses = {line["partition"]: line["records"] for line in said if "deleted before" in line["event"]}
    assert losses == dict.fromkeys(range(PARTITIONS), 7)
    assert sum(found(stand.settings).events.values()) == 2 * EVENTS - 7 * PARTITIONS


def test_what_a_producer_sent_twice_counts_once(one: Cluster, make_stand: MakeStand) -> None:
    stand, once = make_stand(one), make_stand(one)
    requests = [LOAD.request(number) for number in range(EVENTS)]
    put(once, requests, by_tenant)
    stretches = [requests[number : number + 240] for number in range(0, EVENTS, 240)]
    put(stand, [request for stretch in stretches for request in stretch * 2], by_tenant)
    once.start()
    expected = once.finish()
    stand.start()
    outcome = stand.finish()
    assert outcome.events == expected.events
    activities = sorted((activity, time) for _, activity, time in outcome.findings)
    assert activities == sorted((activity, time) for _, activity, time in expected.findings)


def test_late_and_disordered_events_and_wrong_clocks_stop_nothing(
    one: Cluster, make_stand: MakeStand
) -> None:
    chance = random.Random(5)
    stand = make_stand(one)
    requests = [LOAD.request(number) for number in range(EVENTS)]
    for start in range(0, EVENTS, 60):
        window = requests[start : start + 60]
        chance.shuffle(window)
        requests[start : start + 60] = window
    for number in range(0, EVENTS, 97):
        requests[number]["time"] -= chance.choice([3_600_000, 20 * 86_400_000, 10 * YEAR_MS])
    ahead = [
        {**requests[number], "time": START_MS + 60 * YEAR_MS, "id": f"a{number}"} for number in range(25)
    ]
    put(stand, requests[: EVENTS // 2] + ahead + requests[EVENTS // 2 :], by_tenant)
    stand.start()
    outcome = stand.finish()
    letters = read_topic(one.bootstrap, stand.settings.topics.dead_letters)
    assert [dict(letter.headers())["reason"] for letter in letters] == [b"time_in_future"] * len(ahead)
    assert sum(outcome.events.values()) == EVENTS
