from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka import errors
from faust.types import TP

from models.errors import DeliveryError, TopicError
from streams.checkpoint import Checkpointer, Frozen, StateWrite
from streams.deliveries import Deliveries, Headers
from streams.metrics import Metrics

POSITIONS = {TP("sketches", 3): 7}
SNAPSHOT, RECORD = StateWrite(3, b"tenant", b"snapshot"), StateWrite(3, b"\xffpartition", b"record")


class Broker:
    """Takes everything in order, until something is to be refused."""

    def __init__(self, refuses: str = "", hangs: str = "") -> None:
        self.took: list[str] = []
        self._refuses = refuses
        self._hangs = hangs

    async def send(
        self, topic: str, _key: bytes | None, _value: bytes | None, _headers: Headers, _partition: int | None
    ) -> asyncio.Future[object]:
        return asyncio.ensure_future(self._take(topic))

    async def write(self, record: StateWrite) -> None:
        await self._take((record.value or b"").decode())

    async def commit(self, positions: Mapping[TP, int]) -> bool:
        await self._take("commit")
        return positions == POSITIONS

    async def _take(self, what: str) -> None:
        await asyncio.sleep(0)
        if what == self._hangs:
            await asyncio.Event().wait()
        if what == self._refuses:
            raise OSError("refused")
        self.took.append(what)


class Detecting:
    """A stage that has said one thing and changed one tenant."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self.paused = False

    def freeze(self) -> Frozen:
        return Frozen(self._deliveries.cut(), POSITIONS, [SNAPSHOT], [RECORD])

    def pause(self) -> None:
        assert not self.paused
        self.paused = True

    def resume(self) -> None:
        self.paused = False


async def checkpoint(broker: Broker) -> None:
    deliveries = Deliveries(broker.send)
    deliveries.post("alerts", b"key", b"value")
    await deliveries.flush()
    stages = [Detecting(deliveries)]
    await Checkpointer(
        stages, broker.write, broker.commit, state_topic="state", timeout=0.05, metrics=Metrics()
    ).run()


def test_alerts_come_before_snapshots_before_the_partitions_record_before_the_commit() -> None:
    broker = Broker()
    asyncio.run(checkpoint(broker))
    assert broker.took == ["alerts", "snapshot", "record", "commit"]


@pytest.mark.parametrize("what", ["alerts", "snapshot", "record", "commit"])
def test_what_is_refused_stops_everything_after_it(what: str) -> None:
    broker = Broker(refuses=what)
    with pytest.raises(DeliveryError):
        asyncio.run(checkpoint(broker))
    order = ["alerts", "snapshot", "record", "commit"]
    assert broker.took == order[: order.index(what)]


@pytest.mark.parametrize("what", ["alerts", "snapshot", "record", "commit"])
def test_what_never_arrives_stops_everything_after_it(what: str) -> None:
    broker = Broker(hangs=what)
    with pytest.raises(DeliveryError):
        asyncio.run(checkpoint(broker))
    assert "commit" not in broker.took


def test_a_commit_that_belongs_to_somebody_else_is_no_failure() -> None:
    class Foreign(Broker):
        async def commit(self, positions: Mapping[TP, int]) -> bool:
            return not positions

    asyncio.run(checkpoint(Foreign()))


def test_a_cut_holds_what_was_posted_even_if_it_was_not_sent_yet() -> None:
    async def run() -> None:
        broker = Broker()
        deliveries = Deliveries(broker.send)
        deliveries.post("alerts", None, b"")
        interval = deliveries.cut()
        with pytest.raises(DeliveryError, match="1 records were not delivered"):
            await interval.settle(0.01)
        await deliveries.flush()
        await interval.settle(1)
        assert broker.took == ["alerts"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            errors.MessageSizeTooLargeError(),
            TopicError,
            "alerts refuses a record by its size.*max.message.bytes",
        ),
        (
            errors.TopicAuthorizationFailedError(),
            TopicError,
            "may not write to the topic alerts.*grant Write",
        ),
        (errors.UnknownTopicOrPartitionError(), TopicError, "the topic alerts is gone"),
        (errors.NotEnoughReplicasError(), DeliveryError, "alerts did not take a record.*NotEnoughReplicas"),
    ],
)
def test_a_refusal_names_the_topic_the_cause_and_what_to_do(
    error: Exception, kind: type[Exception], words: str
) -> None:
    async def run() -> None:
        async def send(*_record: object) -> asyncio.Future[Any]:
            arrival = asyncio.get_running_loop().create_future()
            arrival.set_exception(error)
            return arrival

        deliveries = Deliveries(send)
        deliveries.post("alerts", None, b"")
        await deliveries.flush()
        with pytest.raises(kind, match=f"{words}.*nothing was committed past it"):
            await deliveries.cut().settle(1)

    asyncio.run(run())
