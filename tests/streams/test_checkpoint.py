from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aiokafka import errors
from faust.types import TP

from models.errors import DeliveryError, TopicError
from streams.checkpoint import Checkpointer, Frozen, StateWrite
from streams.deliveries import Deliveries
from streams.metrics import Metrics
from tests.streams.fake_producer import FakeBatch, FakeProducer

POSITIONS = {TP("sketches", 3): 7}
SNAPSHOT, RECORD = StateWrite(3, b"tenant", b"snapshot"), StateWrite(3, b"\xffpartition", b"record")


class Broker(FakeProducer):
    """Takes everything in order, until something is to be refused or never arrives."""

    def __init__(self, refuses: str = "", hangs: str = "") -> None:
        super().__init__(refuses={refuses: OSError("refused")})
        self._hangs = hangs
        self.order: list[str] = []

    async def _arrive(self, batch: FakeBatch, topic: str, partition: int) -> None:
        what = (batch.records[0][1] or b"").decode() if topic == "state" else topic
        await self._take(what)
        await super()._arrive(batch, topic, partition)

    async def commit(self, positions: Mapping[TP, int]) -> bool:
        await self._take("commit")
        return positions == POSITIONS

    async def _take(self, what: str) -> None:
        if what == self._hangs:
            await asyncio.Event().wait()
        if what in self.refuses:
            raise self.refuses[what]
        self.order.append(what)


class Detecting:
    """A stage that has said one thing and changed one tenant."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def freeze(self) -> Frozen:
        return Frozen(self._deliveries.cut(), POSITIONS, [[SNAPSHOT]], [RECORD])

    async def flush(self) -> None:
        await self._deliveries.flush()


class Telling(Detecting):
    """A stage that has kept something to say until it is frozen."""

    def freeze(self) -> Frozen:
        self._deliveries.post("alerts", b"key", b"value")
        return super().freeze()


async def checkpoint(broker: Broker, stage: type[Detecting] = Detecting) -> None:
    deliveries = broker.deliveries()
    if stage is Detecting:
        deliveries.post("alerts", b"key", b"value")
        await deliveries.flush()
    await Checkpointer(
        [stage(deliveries)],
        broker.deliveries(),
        broker.commit,
        state_topic="state",
        timeout=0.05,
        metrics=Metrics(),
    ).run()


def test_alerts_come_before_snapshots_before_the_partitions_record_before_the_commit() -> None:
    broker = Broker()
    asyncio.run(checkpoint(broker))
    assert broker.order == ["alerts", "snapshot", "record", "commit"]


def test_what_a_stage_says_when_it_is_frozen_comes_before_its_snapshots_too() -> None:
    broker = Broker()
    asyncio.run(checkpoint(broker, Telling))
    assert broker.order == ["alerts", "snapshot", "record", "commit"]


@pytest.mark.parametrize("what", ["alerts", "snapshot", "record", "commit"])
def test_what_is_refused_stops_everything_after_it(what: str) -> None:
    broker = Broker(refuses=what)
    with pytest.raises(DeliveryError):
        asyncio.run(checkpoint(broker))
    order = ["alerts", "snapshot", "record", "commit"]
    assert broker.order == order[: order.index(what)]


@pytest.mark.parametrize("what", ["alerts", "snapshot", "record", "commit"])
def test_what_never_arrives_stops_everything_after_it(what: str) -> None:
    broker = Broker(hangs=what)
    with pytest.raises(DeliveryError):
        asyncio.run(checkpoint(broker))
    assert "commit" not in broker.order


class Slow(Detecting):
    """A stage that goes on between the slices of its checkpoint."""

    def __init__(self, deliveries: Deliveries, did: list[str]) -> None:
        super().__init__(deliveries)
        self.did = did

    def freeze(self) -> Frozen:
        self.did.append("frozen")
        return Frozen(self._deliveries.cut(), POSITIONS, self._slices(), [RECORD])

    def _slices(self) -> Iterator[list[StateWrite]]:
        for _ in range(3):
            time.sleep(0.02)
            self.did.append("made")
            yield [SNAPSHOT]
        self.did.append("all made")

    async def judge(self) -> None:
        while True:
            if self.did and self.did[-1] == "made":
                self.did.append("judged")
            await asyncio.sleep(0)


def test_stages_go_on_between_the_slices_of_a_checkpoint_and_the_longest_of_these_is_told() -> None:
    did: list[str] = []
    metrics = Metrics()

    async def run() -> None:
        broker = Broker()
        stage = Slow(broker.deliveries(), did)
        judging = asyncio.create_task(stage.judge())
        options: Any = {"state_topic": "state", "timeout": 1, "metrics": metrics}
        checkpointer = Checkpointer([stage], broker.deliveries(), broker.commit, **options)
        first, second = asyncio.create_task(checkpointer.run()), asyncio.create_task(checkpointer.run())
        await asyncio.sleep(0)
        await checkpointer.done()
        assert first.done()
        assert second.done()
        judging.cancel()
        assert broker.order[-2:] == ["record", "commit"]

    asyncio.run(run())
    one = ["frozen", *["made", "judged"] * 3, "all made"]
    assert did == [*one, *one]
    pause = metrics.registry.get_sample_value("distillwatch_longest_pause_seconds")
    assert 0.02 <= (pause or 0) < 0.06


def test_a_commit_that_belongs_to_somebody_else_is_no_failure() -> None:
    class Foreign(Broker):
        async def commit(self, positions: Mapping[TP, int]) -> bool:
            return not positions

    asyncio.run(checkpoint(Foreign()))


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
        deliveries = FakeProducer(refuses={"alerts": error}).deliveries()
        deliveries.post("alerts", b"key", b"")
        with pytest.raises(kind, match=f"{words}.*nothing was committed past it"):
            await deliveries.settle(1)

    asyncio.run(run())
