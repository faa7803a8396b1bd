from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kafka.conftest import Names
    from tests.kafka.pipeline.conftest import Bus


def last_line(bus: Bus) -> str:
    event: str = json.loads(bus.said().splitlines()[-1])["event"]
    return event


def test_a_missing_topic_ends_the_start_with_a_line_that_says_how_to_mend_it(bus: Bus, names: Names) -> None:
    topics = bus.settings.topics.model_copy(update={"state": f"missing-{names.state}"})
    bus.settings = bus.settings.model_copy(update={"topics": topics})
    assert bus.start().wait(60) == 2
    assert f"missing-{names.state}" in last_line(bus)
    assert "distillwatch topics apply" in last_line(bus)


def test_partitions_that_do_not_match_end_the_start(bus: Bus) -> None:
    topics = bus.settings.topics.model_copy(update={"partitions": 3})
    bus.settings = bus.settings.model_copy(update={"topics": topics})
    assert bus.start().wait(60) == 2
    assert "partitions" in last_line(bus)


def test_a_broker_that_is_down_is_waited_for_and_then_given_up(bus: Bus) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    down = {"bootstrap_servers": nobody, "startup_timeout": 1.5}
    bus.settings = bus.settings.model_copy(update={"kafka": bus.settings.kafka.model_copy(update=down)})
    assert bus.start().wait(60) == 1
    assert "trying again" in bus.said()
    assert "gave up after 1.5 s" in last_line(bus)


def test_a_busy_metrics_port_ends_the_start(bus: Bus) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        metrics = bus.settings.metrics.model_copy(update={"port": taken.getsockname()[1]})
        bus.settings = bus.settings.model_copy(update={"metrics": metrics})
        assert bus.start().wait(60) == 2
    assert "metrics.port" in last_line(bus)


def test_a_group_that_starts_at_the_latest_does_not_see_what_came_before(
    make_bus: Callable[..., Bus], wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bus = make_bus(source={"start": "latest"}, metrics={"port": port})
    bus.publish_requests(range(60))
    worker = bus.start()
    wait_until(lambda: bus.has_committed(bus.settings.source.topic))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        assert answer.read() == b"ok\n"
    bus.publish_requests(range(60, 90))
    sketches = bus.read(bus.settings.topics.sketches, lambda records: len(records) >= 30)
    assert len(sketches) == 30
    assert bus.stop(worker) == 0
