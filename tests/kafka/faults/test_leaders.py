from __future__ import annotations

from collections.abc import Callable

from tests.kafka.cluster import Cluster
from tests.kafka.load import Publisher
from tests.kafka.stand import Stand

MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


def test_a_leader_that_is_killed_under_load_loses_nothing(
    three: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(three)
    with publisher(stand) as load:
        stand.start_ready()
        stand.start_ready()
        load.pass_by(stand, 300)
        leader = three.leader(stand.settings.topics.sketches, 0)
        leader.kill()
        assert three.leader(stand.settings.topics.sketches, 0) is not leader
        load.pass_by(stand, 300)
        leader.start()
        three.wait_until_ready()
        load.pass_by(stand, 300)
    stand.finish()


def test_leadership_that_moves_under_load_loses_nothing(
    three: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(three)
    topics = stand.settings.topics
    with publisher(stand) as load:
        stand.start_ready()
        for topic in (stand.settings.source.topic, topics.sketches, topics.state, topics.alerts):
            before = three.leader(topic, 0)
            assert three.move_leader(topic, 0) is not before
            load.pass_by(stand, 100)
    stand.finish()
