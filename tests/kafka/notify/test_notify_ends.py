"""How `distillwatch notify` starts, answers on its port, and ends."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.kafka.notify.conftest import PATIENCE_SECONDS, Desk
from tests.streams.notify.findings import value

if TYPE_CHECKING:
    from tests.streams.notify.stand_in import StandIn


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"urls": "nonsense://hunter2"}, "apprise does not understand address 1 (nonsense)"),
        ({"urls": ""}, "notify.urls"),
        ({"retries": 99}, "notify.retries = 99"),
    ],
)
def test_wrong_settings_end_with_2(desk: Desk, options: dict[str, object], text: str) -> None:
    process = desk.start(**options)
    assert process.wait(PATIENCE_SECONDS) == 2
    assert text in desk.said()
    assert "hunter2" not in desk.said()


def test_a_missing_topic_ends_with_2(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(
        update={"topics": desk.settings.topics.model_copy(update={"alerts": "nowhere"})}
    )
    assert desk.start().wait(PATIENCE_SECONDS) == 2
    assert "topics.alerts 'nowhere' does not exist: run `distillwatch topics apply`" in desk.said()


def test_a_broker_that_does_not_answer_ends_with_1(desk: Desk) -> None:
    kafka = desk.settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    desk.settings = desk.settings.model_copy(update={"kafka": kafka})
    assert desk.start().wait(PATIENCE_SECONDS) == 1
    assert "gave up after 10 s (kafka.startup_timeout)" in desk.said()


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def test_its_port_says_how_it_gets_on(desk: Desk, service: StandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.start(port=port)
    desk.wait_until(lambda: ask(port, "/health/ready") == (200, "ok\n"))
    assert ask(port, "/health/live") == (200, "ok\n")
    desk.publish(value())
    desk.wait_until(lambda: len(service.requests) == 1 and desk.is_done())
    desk.wait_until(lambda: "distillwatch_notify_open_alerts 1.0" in ask(port, "/metrics")[1])
    assert 'distillwatch_notify_sent_total{sink="json"} 1.0' in ask(port, "/metrics")[1]
    report = json.loads(ask(port, "/status")[1])
    assert (report["ready"], report["sinks"]) == (True, ["json"])
    assert sum(place["committed"] for place in report["partitions"]) == 1
