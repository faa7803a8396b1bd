"""Follows the control topic: what is told to whom, and when."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from models.control.encoding import encode_change
from models.errors import BrokerError
from streams.control_follower import ControlFollower
from streams.metrics import Metrics
from tests.models.control.changes import TIME, change, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.control.control import Control
    from models.control.records import Change

ALLOW = change("allow", "a1", tenant="acme", purpose="nightly")


def record(offset: int, key: bytes, value: bytes | None) -> ConsumerRecord:
    """A record of the control topic."""
    return ConsumerRecord("control", 0, offset, TIME, 0, key, value, None, len(key), len(value or b""), ())


def of(offset: int, made: Change) -> ConsumerRecord:
    """A change's record."""
    return record(offset, *encode_change(made))


class Topic:
    """A topic whose records come in batches; then its end, and nothing more."""

    def __init__(self, batches: Sequence[Sequence[ConsumerRecord]], known: int) -> None:
        self._batches, self._known = list(batches), known
        self._position = 0
        self.closed = False
        self.over = asyncio.Event()

    async def start(self) -> int:
        return self._known

    async def read(self) -> Sequence[ConsumerRecord]:
        if not self._batches:
            self.over.set()
            await asyncio.sleep(3600)
        batch = self._batches.pop(0)
        self._position = batch[-1].offset + 1 if batch else self._position
        return batch

    async def position(self) -> int:
        return self._position

    async def close(self) -> None:
        self.closed = True


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[list[str], list[str]]] = []

    async def steer(self, control: Control, fresh: Sequence[Change]) -> None:
        self.told.append((list(control.changes), [one.id for one in fresh]))


def follow(batches: Sequence[Sequence[ConsumerRecord]], known: int) -> tuple[Listener, Metrics, list[bool]]:
    """Follow a topic to its end; return who was told what, and whether it was ready before each telling."""

    async def run() -> tuple[Listener, Metrics, list[bool]]:
        topic, listener, metrics = Topic(batches, known), Listener(), Metrics()
        follower = ControlFollower(topic, [listener], metrics)
        running = asyncio.create_task(follower.run())
        await follower.ready()
        ready = [bool(listener.told)]
        await topic.over.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert topic.closed
        return listener, metrics, ready

    return asyncio.run(run())


def refused(metrics: Metrics, reason: str) -> float | None:
    """How many records were refused for a reason."""
    return metrics.registry.get_sample_value("distillwatch_control_refused_total", {"reason": reason})


def test_all_that_is_there_is_told_once_before_anybody_is_ready_and_then_what_comes() -> None:
    batches = [[of(0, ALLOW)], [of(1, verdict("u1"))], [of(2, change("sample", "s1", tenant="acme"))]]
    listener, _, ready = follow(batches, 2)
    assert listener.told == [(["a1", "v1"], []), (["a1", "v1", "s1"], ["s1"])]
    assert ready == [True]


def test_an_empty_topic_is_ready_at_once() -> None:
    listener, _, ready = follow([], 0)
    assert listener.told == [([], [])]
    assert ready == [True]


def test_bad_records_are_counted_by_their_reason_and_change_nothing() -> None:
    bad = [
        record(0, b"x", b"{"),
        record(1, b"other", encode_change(ALLOW)[1]),
        record(2, b"r", encode_change(change("remove", "r", target="none"))[1]),
        record(3, b"\xff", json.dumps({"version": 9}).encode()),
        of(4, ALLOW),
    ]
    listener, metrics, _ = follow([bad], 5)
    assert listener.told == [(["a1"], [])]
    for reason in ("not_json", "wrong_key", "unknown_id", "wrong_version"):
        assert refused(metrics, reason) == 1


def test_an_empty_value_takes_a_change_out() -> None:
    listener, _, _ = follow([[of(0, ALLOW)], [record(1, b"a1", None)]], 1)
    assert listener.told == [(["a1"], []), ([], [])]


def test_a_topic_that_was_created_anew_stands_in_place_of_the_one_before() -> None:
    listener, _, _ = follow([[of(0, ALLOW), of(1, verdict("u1"))], [of(0, verdict("u2", name="v2"))]], 2)
    assert listener.told[-1] == (["v2"], ["v2"])


def test_verdicts_and_precision_are_gauges_of_all_that_is_known() -> None:
    given = [
        of(0, verdict("u1")),
        of(1, verdict("u2", "true_positive", "v2")),
        of(2, verdict("u3", "test", "v3")),
    ]
    _, metrics, _ = follow([given], 3)
    value = metrics.registry.get_sample_value
    labels = {"verdict": "true_positive", "signal": "novelty"}
    assert value("distillwatch_verdicts", labels) == 1
    assert value("distillwatch_precision_ratio", {"signal": "novelty"}) == 0.5
    assert value("distillwatch_control_changes") == 3


def test_where_nothing_is_followed_everybody_is_ready() -> None:
    async def run() -> None:
        follower = ControlFollower(None, [], Metrics())
        await follower.run()
        await follower.ready()

    asyncio.run(run())


def test_a_topic_that_cannot_be_read_at_the_start_is_an_error() -> None:
    class Gone(Topic):
        async def start(self) -> int:
            raise BrokerError("no broker")

    async def run() -> None:
        await ControlFollower(Gone([], 0), [], Metrics()).run()

    with pytest.raises(BrokerError, match="no broker"):
        asyncio.run(run())
