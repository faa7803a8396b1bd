from __future__ import annotations

from collections.abc import Callable

from tests.kafka.cluster import Cluster, slow
from tests.kafka.load import Publisher
from tests.kafka.stand import FAILED, Stand

MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


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
