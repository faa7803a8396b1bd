"""Every panel and every rule on what a real Prometheus knows of a real worker at work."""

from __future__ import annotations

import math
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer

from streams.topics import apply_topics
from tests.dashboards import BOARDS, EVERY, target
from tests.kafka.load import EAGER, Publisher
from tests.kafka.monitored import Prometheus, prometheus
from tests.kafka.stand import Stand, stand
from tests.prometheus_tools import program

if TYPE_CHECKING:
    from streams.settings import Settings

RATE = 200.0
NAMED = 5
PATIENCE_SECONDS = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Watched:
    """A worker under load, and a Prometheus that watches it."""

    def __init__(self, workers: Stand, monitor: Prometheus) -> None:
        self.workers = workers
        self.monitor = monitor

    def chosen(self, board: str) -> dict[str, str]:
        """Return a value for each variable of a dashboard: what a person may choose from."""
        values = {"job": ".+", "instance": ".+", "__rate_interval": "20s", "__range": "2m"}
        for variable in BOARDS[board]["templating"]["list"]:
            if variable["name"] in values or variable["type"] != "query":
                continue
            asked = re.fullmatch(r"label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)", variable["query"]["query"])
            assert asked
            values[variable["name"]] = next(iter(self.monitor.labels(*asked.groups())), "nobody yet")
        return values

    def empty(self) -> list[str]:
        """Return the panels that show nothing, or nothing but what is not a number."""
        found = []
        for board, title, letter in EVERY:
            asked, values = target(board, title, letter), self.chosen(board)
            expression = re.sub(r"\$(\w+)", lambda name, values=values: values[name[1]], asked["expr"])
            numbers = self.monitor.values(expression, instant=bool(asked.get("instant")))
            if not any(map(math.isfinite, numbers)):
                found.append(f"{board} / {title} / {letter}: {expression}")
        return found


@pytest.fixture(scope="module")
def watched(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A worker under load with alerts, dead letters, repeats and records that say nothing."""
    program("prometheus")
    folder, port = tmp_path_factory.mktemp("watched"), free_port()
    settings = _settings(kafka, port)
    apply_topics(settings, with_source=True)
    publisher = Publisher(kafka, settings.source.topic, rate=RATE)
    with (
        stand(settings, folder) as workers,
        prometheus(folder, free_port(), f"127.0.0.1:{port}") as monitor,
    ):
        workers.start_ready()
        _puzzle(settings)
        publisher.publish(3000)
        with publisher:
            yield Watched(workers, monitor)


def _settings(kafka: str, port: int) -> Settings:
    from tests.kafka.conftest import Names, settings_for  # noqa: PLC0415 -- a conftest

    unique = f"watched-{port}"
    names = Names(**{field.name: f"{field.name}-{unique}" for field in fields(Names)})
    return settings_for(
        kafka,
        names,
        metrics={"port": port, "max_tenants": NAMED},
        detector=EAGER,
        state={"checkpoint_seconds": 0.5},
        population={"idle_seconds": 1.0},
    )


def _puzzle(settings: Settings) -> None:
    """Publish what cannot be understood, what says nothing, and what was sent twice."""
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap_servers})
    once = b'{"id": "once", "time": 1735689600000, "tenant": "t0", "prompt": "the same"}'
    for value in (b"{", b"[]", b"", once, once):
        producer.produce(settings.source.topic, value, b"t0")
    assert not producer.flush(30)


def test_no_panel_is_empty_or_in_error(watched: Watched) -> None:
    empty = watched.empty()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while empty and time.monotonic() < deadline:
        watched.workers.revive()
        empty = watched.empty()
    assert empty == []


def test_every_rule_can_be_evaluated_and_the_open_alerts_fire(watched: Watched) -> None:
    fires: set[str] = set()

    def find() -> bool:
        alerts = watched.monitor.ask("alerts")["alerts"]
        fires.update(alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing")
        return any(name.endswith("AlertOpen") for name in fires)

    watched.workers.wait_until(find, PATIENCE_SECONDS)
    rules = [rule for group in watched.monitor.ask("rules")["groups"] for rule in group["rules"]]
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
    assert fires.isdisjoint({"DistillwatchDown", "DistillwatchAbsent", "DistillwatchSnapshotsRefused"})


def test_the_nearest_tenants_are_named_and_all_others_stand_together(watched: Watched) -> None:
    def named() -> set[str]:
        return set(watched.monitor.labels("distillwatch_tenant_evidence", "tenant"))

    watched.workers.wait_until(lambda: "_other" in named())
    alerting = watched.monitor.ask("query", query="distillwatch_tenant_state")["result"]
    assert len(alerting) == NAMED + 1
    assert {series["metric"]["tenant"] for series in alerting} <= {"_other", *(f"t{n}" for n in range(12))}
    assert watched.monitor.values("distillwatch_unnamed_tenants", instant=True) == [12 - NAMED]
