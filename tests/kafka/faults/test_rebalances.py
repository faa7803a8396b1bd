from __future__ import annotations

import signal
from collections.abc import Callable

from tests.kafka.cluster import Cluster
from tests.kafka.load import Publisher
from tests.kafka.stand import OK, Stand

MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


def test_workers_join_and_leave_under_load_without_loss(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    with publisher(stand) as load:
        first, second, third = stand.start_ready(), stand.start_ready(), stand.start_ready()
        load.pass_by(stand, 300)
        assert stand.end(first) == OK
        load.pass_by(stand, 300)
        stand.start_ready()
        assert [stand.end(second), stand.end(third)] == [OK, OK]
        load.pass_by(stand, 300)
    outcome = stand.finish()
    assert outcome.repeats == 0, "who leaves in order has said and kept all"


def test_a_worker_that_hangs_past_its_session_harms_nothing_when_it_wakes_up(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    with publisher(stand) as load:
        hanging, other = stand.start_ready(), stand.start_ready()
        load.pass_by(stand, 300)
        before = other.assignments
        hanging.send(signal.SIGSTOP)
        stand.wait_until(lambda: other.assignments > before)
        load.pass_by(stand, 600)
        hanging.send(signal.SIGCONT)
        load.pass_by(stand, 600)
    stand.finish()


def test_a_rolling_restart_of_all_workers_loses_nothing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    with publisher(stand) as load:
        for _ in range(3):
            stand.start_ready()
        for worker in list(stand.workers):
            assert stand.end(worker) == OK
            stand.start_ready()
            load.pass_by(stand, 100)
    outcome = stand.finish()
    assert outcome.repeats == 0
