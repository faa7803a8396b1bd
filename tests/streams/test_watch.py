from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from streams.liveness import Liveness
from streams.metrics import Metrics
from streams.watch import Watch

PARTITION = TP("sketches", 0)


class StubLane:
    """A consumer that knows of a lag, and a broker that knows better."""

    def __init__(self) -> None:
        self.known = 0
        self.position = 10
        self.end: int | None = 10
        self.asked = 0

    def lag(self) -> dict[str, int]:
        return {PARTITION.topic: self.known, "requests": 0}

    def positions(self) -> dict[TP, int]:
        return {PARTITION: self.position}

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        self.asked += 1
        if self.end is None:
            raise KafkaTimeoutError
        return dict.fromkeys(partitions, self.end)


class StubApp:
    """What a watch asks of the application."""

    def __init__(self) -> None:
        self.lane = StubLane()
        self.said = ""

    def hindrance(self) -> str:
        return self.said


class Look:
    """A watch over a stub, whose every look tells whether it counted as progress."""

    def __init__(self) -> None:
        self.app = StubApp()
        self.now = 0.0
        self.metrics = Metrics(liveness=Liveness(1.0, lambda: self.now))
        app: Any = self.app
        self.watch = Watch(app, self.metrics, lambda: ())

    def is_progress(self) -> bool:
        self.now += 100.0
        asyncio.run(self.watch._look())
        return self.metrics.liveness.alive()

    def waiting(self, topic: str = "") -> float | None:
        get = self.metrics.registry.get_sample_value
        if topic:
            return get("distillwatch_topic_lag_records", {"topic": topic})
        return get("distillwatch_lag_records")


@pytest.fixture
def look() -> Look:
    return Look()


def test_a_worker_with_nothing_to_read_gets_on(look: Look) -> None:
    assert look.is_progress()
    assert look.waiting() == 0


def test_known_records_that_wait_are_no_progress_and_the_broker_need_not_be_asked(look: Look) -> None:
    look.app.lane.known = 7
    assert not look.is_progress()
    assert (look.waiting(), look.app.lane.asked) == (7, 0)


def test_records_that_only_the_broker_knows_of_are_asked_for_until_they_are_read(look: Look) -> None:
    look.app.lane.end = 15
    assert not look.is_progress()
    assert not look.is_progress()
    assert look.waiting() == 5
    assert (look.waiting("sketches"), look.waiting("requests")) == (5, 0)
    look.app.lane.position = 15
    assert look.is_progress()


def test_the_broker_is_not_asked_at_every_look(look: Look) -> None:
    assert look.is_progress()
    assert look.is_progress()
    assert look.app.lane.asked == 1


def test_a_broker_that_cannot_be_asked_is_no_fault_of_the_worker(look: Look) -> None:
    look.app.lane.end = None
    assert look.is_progress()


def test_a_worker_that_does_not_read_yet_must_show_progress_otherwise(look: Look) -> None:
    look.app.said = "restoring state"
    assert not look.is_progress()
