from __future__ import annotations

import random
import signal
from collections.abc import Callable

import pytest

from streams.steps import STEPS
from tests.kafka.cluster import Cluster
from tests.kafka.load import Publisher
from tests.kafka.stand import Stand

EVENTS = 2400
MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_a_step_is_replaced_and_replaced_again_without_loss(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, step: str
) -> None:
    stand = make_stand(one)
    publisher(stand).publish(EVENTS)
    first = stand.start(step, times=2)
    stand.wait_for_death(first)
    second = stand.start(step, times=1)
    stand.wait_for_partitions(second)
    stand.start()
    stand.wait_for_death(second)
    stand.finish()


def test_workers_killed_at_random_under_load_lose_nothing_and_count_nothing_twice(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    chance = random.Random(3)
    stand = make_stand(one)
    with publisher(stand) as load:
        stand.start()
        stand.start()
        for _ in range(5):
            goal = load.published + chance.randrange(100, 900)
            stand.wait_until(lambda goal=goal: load.published >= goal)
            stand.end(chance.choice(stand.workers), signal.SIGKILL)
            stand.start()
    stand.finish()


def test_a_worker_killed_just_before_its_last_commit_leaves_no_lag_behind(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    at_the_end = {"checkpoint_seconds": 3600.0, "checkpoint_events": EVENTS}
    stand = make_stand(one, source={"keyed_by_tenant": True}, state=at_the_end)
    publisher(stand).publish(EVENTS)
    stand.wait_for_death(stand.start("partitions_written"))
    stand.start()
    stand.finish()
