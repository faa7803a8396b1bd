"""The alert topic, or the state topic, does not take what it is sent: nothing is committed past it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.kafka.cluster import Cluster
from tests.kafka.load import Publisher
from tests.kafka.stand import Stand
from tests.kafka.upkeep import configure, delete_topic, limit_producers

EVENTS = 2400
MISCONFIGURED = 2
MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


@pytest.mark.parametrize("topic", ["alerts", "state"])
def test_records_that_are_too_large_end_the_worker_and_after_the_mend_nothing_is_missing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, topic: str
) -> None:
    stand = make_stand(one)
    name = getattr(stand.settings.topics, topic)
    worker = stand.start_ready()
    configure(one.bootstrap, name, max_message_bytes="500")
    publisher(stand).publish(EVENTS)
    assert worker.process.wait(60) == MISCONFIGURED
    assert f"the topic {name} refuses a record by its size" in worker.said()
    assert "max.message.bytes" in worker.said()
    stand.workers.remove(worker)
    configure(one.bootstrap, name, max_message_bytes="2000000")
    stand.start()
    stand.finish()


def test_an_alert_topic_that_is_gone_is_said_and_after_the_mend_nothing_is_missing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    from streams.topics import apply_topics  # noqa: PLC0415 -- loads the admin client

    stand = make_stand(one)
    worker = stand.start_ready()
    delete_topic(one.bootstrap, stand.settings.topics.alerts)
    publisher(stand).publish(EVENTS)
    assert worker.process.wait(120) != 0
    assert stand.settings.topics.alerts in worker.said()
    stand.workers.remove(worker)
    apply_topics(stand.settings)
    stand.start()
    stand.finish()


def test_a_quota_slows_the_worker_down_and_loses_nothing(
    one: Cluster, make_stand: Callable[..., Any], publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    publisher(stand).publish(EVENTS)
    limit_producers(one.bootstrap, 200_000.0)
    try:
        stand.start()
        stand.finish()
    finally:
        limit_producers(one.bootstrap, None)
