from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from kafka import KafkaConsumer

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]

FAILS_TO_LEAVE = """
import sys
from models.errors import DeliveryError
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.worker import run_worker
leave, first = Pipeline.leave, iter([True])
async def fail_later(self, seconds):
    if not next(first, False):  # once there is something to give up
        raise DeliveryError("not today")
    await leave(self, seconds)
Pipeline.leave = fail_later
sys.exit(run_worker(Settings.model_validate_json(sys.argv[1])))
"""
PARTS = [range(600), range(600, 1200), range(1200, 1800)]
ALL = range(1800)


def test_a_killed_worker_loses_no_event_and_counts_none_twice(bus: Bus, offline: Offline) -> None:
    for part in PARTS:
        worker = bus.start()
        bus.publish_requests(part)
        bus.statements(offline(range(part.stop)))
        bus.stop(worker, signal.SIGKILL)
    bus.start()
    assert set(bus.statements(offline(ALL))) == offline(ALL)


def test_a_worker_killed_before_its_first_checkpoint_starts_again_from_the_beginning(
    make_bus: Callable[..., Bus], offline: Offline
) -> None:
    bus = make_bus(state={"checkpoint_seconds": 3600.0, "checkpoint_events": 1_000_000})
    bus.publish_requests(PARTS[0])
    worker = bus.start()
    bus.statements(offline(PARTS[0]))
    bus.stop(worker, signal.SIGKILL)
    assert bus.everything(bus.settings.topics.state) == []
    bus.publish_requests(range(600, 1800))
    bus.start()
    assert set(bus.statements(offline(ALL))) == offline(ALL)
    sketches = bus.everything(bus.settings.topics.sketches)
    assert len(sketches) > len(ALL), "intake forwarded the first part twice, and detect saw through it"


def test_a_worker_that_joins_in_the_middle_takes_over_without_loss_or_repetition(
    make_bus: Callable[..., Bus], offline: Offline, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    bus = make_bus(state={"checkpoint_seconds": 3600.0, "checkpoint_events": 1_000_000})
    first = bus.start()
    bus.publish_requests(PARTS[0])
    bus.statements(offline(PARTS[0]))
    bus.start()
    bus.publish_requests(PARTS[1])
    wait_until(lambda: bus.said().count("partitions assigned") >= len(["first", "first again", "second"]))
    bus.statements(offline(range(1200)))
    assert bus.stop(first) == 0
    bus.publish_requests(PARTS[2])
    assert sorted(bus.statements(offline(ALL))) == sorted(offline(ALL))


def test_a_worker_that_fails_while_it_gives_up_partitions_ends_by_itself(
    bus: Bus, offline: Offline, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    first = bus.start(FAILS_TO_LEAVE, PYTHONASYNCIODEBUG="1")  # refuses what a loop is told by another thread
    bus.publish_requests(ALL)
    wait_until(lambda: "partitions assigned" in bus.said())
    bus.start()
    assert first.wait(60) == 1
    assert "not today" in bus.said()
    assert "thread-safe" not in bus.said()
    assert "loop is closed" not in bus.said()
    assert set(bus.statements(offline(ALL))) == offline(ALL)


def test_a_source_that_was_created_anew_under_our_state_is_an_error(bus: Bus, offline: Offline) -> None:
    bus.publish_requests(ALL)
    worker = bus.start()
    bus.statements(offline(ALL))
    assert bus.stop(worker) == 0
    _create_anew(bus)
    bus.publish_requests(range(60))
    assert bus.start().wait(60) == 2
    assert "created anew" in bus.said()


def _create_anew(bus: Bus) -> None:
    from kafka import KafkaAdminClient  # noqa: PLC0415 -- warns when imported at the top

    from streams.topics import apply_topics  # noqa: PLC0415

    servers = bus.settings.kafka.bootstrap_servers
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.delete_topics([bus.settings.source.topic])
        consumer = KafkaConsumer(bootstrap_servers=servers)
        while bus.settings.source.topic in consumer.topics():
            pass
        consumer.close()
    apply_topics(bus.settings, with_source=True)
