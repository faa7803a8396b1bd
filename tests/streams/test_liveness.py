from __future__ import annotations

from streams.liveness import Liveness


def test_a_worker_is_alive_as_long_as_it_gets_on() -> None:
    now = [100.0]
    liveness = Liveness(10.0, lambda: now[0])
    now[0] = 110.0
    assert liveness.alive()
    now[0] = 110.5
    assert not liveness.alive()
    assert liveness.silence() == 10.5
    liveness.progress()
    assert liveness.alive()
