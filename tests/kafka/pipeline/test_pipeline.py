from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]

SOME, ALL = range(900), range(1800)


def test_one_worker_says_what_the_detector_says_offline(bus: Bus, offline: Offline) -> None:
    bus.publish_requests(ALL)
    worker = bus.start()
    expected = offline(ALL)
    assert len(expected) > 10
    assert sorted(bus.statements(expected)) == sorted(expected)
    assert bus.stop(worker) == 0


def test_two_workers_share_the_partitions_and_say_the_same(bus: Bus, offline: Offline) -> None:
    workers = [bus.start(), bus.start()]
    bus.publish_requests(SOME)
    bus.statements(offline(SOME))
    bus.publish_requests(ALL[900:])
    assert set(bus.statements(offline(ALL))) == offline(ALL)
    assert [bus.stop(worker) for worker in workers] == [0, 0]


def test_a_source_keyed_by_tenant_needs_no_hop(make_bus: Callable[..., Bus], offline: Offline) -> None:
    bus = make_bus(source={"keyed_by_tenant": True}, topics={"partitions": 2})
    bus.publish_requests(ALL)
    worker = bus.start()
    assert sorted(bus.statements(offline(ALL))) == sorted(offline(ALL))
    assert bus.stop(worker) == 0
    assert bus.everything(bus.settings.topics.dead_letters) == []


def test_after_sigterm_nothing_is_read_or_said_twice(bus: Bus, offline: Offline) -> None:
    bus.publish_requests(SOME)
    first = bus.start()
    bus.statements(offline(SOME))
    assert bus.stop(first) == 0
    bus.publish_requests(ALL[900:])
    bus.start()
    assert sorted(bus.statements(offline(ALL))) == sorted(offline(ALL))
    assert len(bus.everything(bus.settings.topics.sketches)) == len(ALL)


def test_a_finding_carries_its_source_offsets(bus: Bus, offline: Offline) -> None:
    bus.publish_requests(ALL)
    bus.start()
    bus.statements(offline(ALL))
    requests = {
        (record.partition, record.offset): json.loads(record.value)["id"]
        for record in bus.everything(bus.settings.source.topic)
    }
    for record in bus.everything(bus.settings.topics.alerts):
        for evidence in json.loads(record.value)["evidences"]:
            for at in evidence["data"]["requests"]:
                assert requests[at["partition"], at["offset"]] == at["request_id"]
