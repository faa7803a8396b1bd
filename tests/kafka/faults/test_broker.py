from __future__ import annotations

import signal
from collections.abc import Callable

from tests.kafka.cluster import Cluster, slow
from tests.kafka.load import Publisher
from tests.kafka.stand import FAILED, Stand

MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]
CALM = (150, 190, 230, 270)
"""Requests before each fault."""


def test_a_broker_that_is_killed_and_comes_back_soon_loses_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    [node] = one.nodes
    with publisher(stand) as load:
        stand.start_ready()
        stand.start_ready()
        load.pass_by(stand, 300)
        node.kill()
        node.start()
        one.wait_until_ready()
        load.pass_by(stand, 300)
    stand.finish()


def test_a_broker_that_stays_away_ends_the_workers_and_those_that_follow_lose_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    [node] = one.nodes
    with publisher(stand) as load:
        stand.start_ready()
        load.pass_by(stand, 300)
        node.stop()
        stand.wait_until(lambda: any(worker.process.returncode == FAILED for worker in stand.gone))
        node.start()
        one.wait_until_ready()
        load.pass_by(stand, 300)
    stand.finish()
    assert any("DeliveryError" in worker.said() for worker in stand.gone)
    lookups = [worker.said().count("Unable to update metadata") for worker in stand.gone]
    assert max(lookups) < 1000, "a broker that is down is asked ten times a second"


def test_workers_that_are_killed_while_a_broker_shuts_down_lose_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    [node] = one.nodes
    with publisher(stand) as load:
        for count in CALM:
            worker = stand.start_ready()
            load.pass_by(stand, count)
            node.stop()  # refuses what is under way, which a killed worker cannot send again
            stand.end(worker, signal.SIGKILL)
            node.start()
            one.wait_until_ready()
        stand.start_ready()
        load.pass_by(stand, 300)
    stand.finish()


def test_a_broker_that_stalls_again_and_again_loses_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    [node] = one.nodes
    with publisher(stand) as load:
        stand.start_ready()
        with slow(node, stalled=0.4, awake=0.1):
            stand.start()
            load.pass_by(stand, 2000)
    stand.finish()
