"""What the worker's port says while a real worker starts, reads, hangs and stops."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]
    WaitUntil = Callable[[Callable[[], bool]], None]

ROOT = Path(__file__).resolve().parents[3]
# Longer than a start on a busy machine, since nobody says before it whether records wait.
PATIENCE = {"liveness_seconds": 12.0}
BLOCKED_HOOK = """
import sys, time
from streams.app import Hooks
from streams.settings import Settings
from streams.worker import run_worker
hooks = Hooks(on_findings=lambda _found: time.sleep(3600))
sys.exit(run_worker(Settings.model_validate_json(sys.argv[1]), hooks))
"""
CONSUMER_THAT_READS_NOTHING = """
import sys
from streams.settings import Settings
from streams.transport import BatchConsumer
from streams.worker import run_worker
everything = BatchConsumer._readable
BatchConsumer._readable = lambda self: {
    tp for tp in everything(self) if tp.topic not in self.lane.batch_topics
}
sys.exit(run_worker(Settings.model_validate_json(sys.argv[1])))
"""


class Port:
    """A free port of this machine and what is answered there."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.number = int(probe.getsockname()[1])

    def get(self, path: str) -> tuple[int, str]:
        """Ask; status 0 where nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.number, timeout=10)
        try:
            connection.request("GET", path)
            with connection.getresponse() as answer:
                return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def ready(self) -> bool:
        """Tell whether the worker reads."""
        return self.get("/health/ready")[0] == 200


@pytest.mark.parametrize("script", [BLOCKED_HOOK, CONSUMER_THAT_READS_NOTHING])
def test_a_worker_that_hangs_while_records_wait_is_not_alive_and_ends(
    make_bus: Callable[..., Bus], script: str
) -> None:
    port = Port()
    bus = make_bus(worker=PATIENCE, metrics={"port": port.number})
    bus.publish_requests(range(600))
    worker = bus.start(script)
    lives: set[tuple[int, str]] = set()
    while worker.poll() is None:
        lives.add(port.get("/health/live"))
    bus.workers.remove(worker)
    assert worker.returncode == 1
    assert (200, "ok\n") in lives
    assert 503 in {status for status, _ in lives}
    last = json.loads(bus.said().splitlines()[-1])
    assert last["event"] == "no progress although records wait: ending"


def test_a_worker_is_ready_once_its_state_is_restored_and_no_longer_when_told_to_end(
    bus: Bus, offline: Offline, wait_until: WaitUntil
) -> None:
    bus.publish_requests(range(600))
    first = bus.start()
    bus.statements(offline(range(600)))
    assert bus.stop(first) == 0
    port = Port()
    metrics = bus.settings.metrics.model_copy(update={"port": port.number})
    bus.settings = bus.settings.model_copy(update={"metrics": metrics})
    kept = len(bus.everything(bus.settings.topics.state))
    worker = bus.start()
    before: set[tuple[int, str]] = set()
    while not port.ready():
        before.add(port.get("/health/ready"))
        assert worker.poll() is None, bus.said()
    reasons = {text for status, text in before if status == 503}
    assert reasons
    assert reasons <= {"starting\n", "waiting for partitions\n", "restoring state\n"}
    assert _metric(port, "distillwatch_restored_records_total") == kept
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: not port.ready())
    assert worker.wait(30) == 0


def test_a_worker_more_than_there_are_partitions_is_ready(
    make_bus: Callable[..., Bus], wait_until: WaitUntil
) -> None:
    ports = [Port() for _ in range(3)]
    bus = make_bus()
    settings = bus.settings
    for port in ports:
        metrics = settings.metrics.model_copy(update={"port": port.number})
        bus.settings = settings.model_copy(update={"metrics": metrics})
        bus.start()
    wait_until(lambda: all(port.ready() for port in ports))
    reports = [json.loads(port.get("/status")[1]) for port in ports]
    assert sorted(len(report["partitions"]) for report in reports) == [0, 4, 4]


def test_the_status_says_where_the_worker_stands_and_names_no_tenant(
    make_bus: Callable[..., Bus], wait_until: WaitUntil
) -> None:
    port = Port()
    bus = make_bus(metrics={"port": port.number}, privacy={"hash_key": "a key that nobody sees"})
    bus.publish_requests(range(600))
    bus.start()
    wait_until(lambda: _read(port) == 600)
    wait_until(lambda: json.loads(port.get("/status")[1])["live_tenants"] == 6)
    status, text = port.get("/status")
    report = json.loads(text)
    assert status == 200
    assert report["ready"] is True
    assert report["last_checkpoint_seconds"] >= 0
    wait_until(lambda: not any(p["lag"] for p in json.loads(port.get("/status")[1])["partitions"]))
    assert '"t0"' not in text
    assert "nobody sees" not in text


def _read(port: Port) -> int:
    """Return how many records of the source are behind the worker."""
    status, text = port.get("/status")
    places = json.loads(text)["partitions"] if status == 200 else []
    return sum(place["position"] for place in places if place["topic"].startswith("requests"))


def _metric(port: Port, name: str) -> float:
    (value,) = re.findall(rf"^{name} (\S+)$", port.get("/metrics")[1], re.MULTILINE)
    return float(value)
