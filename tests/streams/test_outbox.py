"""Records become batches: in order, by partition, larger under load, and nothing is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import errors
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DeliveryError, TopicError
from streams.deliveries import Deliveries
from streams.interval import Interval
from streams.outbox import LINGER_SECONDS, Outbox
from tests.streams.fake_producer import FOR_EVER, FakeBatch, FakeProducer, Sent

Body = Callable[[FakeProducer, Deliveries], Awaitable[None]]


def run(body: Body, producer: FakeProducer | None = None, most: int = 100_000) -> FakeProducer:
    """Run with the deliveries of one stage, and return the producer."""

    async def whole() -> FakeProducer:
        given_or_new = producer or FakeProducer()
        await body(given_or_new, given_or_new.deliveries(most))
        return given_or_new

    return asyncio.run(whole())


async def turns(count: int = 20) -> None:
    """Let everybody do what can be done without waiting."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_is_posted_arrives_with_its_headers_in_one_batch_a_partition() -> None:
    async def body(_producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post("alerts", b"k", b"1", [("source", b"x")], partition=1)
        deliveries.post("alerts", b"k", None, partition=1)
        deliveries.post("state", b"\xff", b"3", partition=2)
        await deliveries.settle(1)

    producer = run(body)
    assert sorted(producer.sizes) == [1, 2]
    assert producer.took == [
        Sent("alerts", 1, b"k", b"1", [("source", b"x")]),
        Sent("alerts", 1, b"k", None, []),
        Sent("state", 2, b"\xff", b"3", []),
    ]


def test_a_record_that_is_alone_leaves_after_the_linger_without_being_asked_to() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post("alerts", b"k", b"1")
        interval = deliveries.cut()
        await deliveries.flush()
        await turns()
        assert producer.took == []
        began = asyncio.get_running_loop().time()
        await interval.settle(FOR_EVER)
        assert asyncio.get_running_loop().time() - began >= LINGER_SECONDS / 2

    assert len(run(body).took) == 1


def test_a_batch_that_is_full_leaves_at_once() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        for number in range(5):
            deliveries.post("alerts", b"", bytes([number]) * 400, partition=0)
        await deliveries.flush()
        await turns()
        assert producer.sizes == [2, 2]
        await deliveries.settle(1)

    assert run(body).sizes == [2, 2, 1]


def test_while_a_batch_is_under_way_the_next_one_grows() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        producer.gate.clear()
        outbox = deliveries._outbox
        for number in range(10):
            deliveries.post("alerts", b"", bytes([number]), partition=0)
            await deliveries.flush()
            outbox.hurry()
            await turns()
        producer.gate.set()
        await deliveries.settle(1)

    producer = run(body)
    assert producer.sizes == [1, 9]
    assert [record.value for record in producer.took] == [bytes([number]) for number in range(10)]


def test_a_record_larger_than_a_batch_goes_alone() -> None:
    async def body(_producer: FakeProducer, deliveries: Deliveries) -> None:
        for size in (10, 4000, 10):
            deliveries.post("state", b"", bytes(size), partition=0)
        await deliveries.settle(1)

    assert run(body).sizes == [1, 1, 1]


class Tight(FakeProducer):
    """A producer none of whose batches takes anything."""

    def create_batch(self) -> FakeBatch:
        return FakeBatch(0, closed=True)


@pytest.mark.parametrize("producer", [FakeProducer, Tight])
def test_a_record_that_no_batch_takes_is_refused_by_its_size(producer: type[FakeProducer]) -> None:
    async def body(_producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post("state", b"", bytes(1_000_001), partition=0)
        interval = deliveries.cut()
        with pytest.raises(TopicError, match="state refuses a record by its size"):
            await deliveries.flush()
        with pytest.raises(TopicError, match="state refuses a record by its size"):
            await interval.settle(1)

    assert run(body, producer()).took == []


@pytest.mark.parametrize(
    ("topic", "partition", "words"),
    [("missing", 0, "the topic missing is gone"), ("state", 9, "the topic state is gone")],
)
def test_a_topic_or_a_partition_that_is_not_there_is_named(topic: str, partition: int, words: str) -> None:
    async def body(_producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post(topic, b"", b"", partition=partition)
        with pytest.raises(TopicError, match=words):
            await deliveries.settle(1)

    run(body)


def test_a_failure_fails_all_that_waits_behind_it_and_all_that_comes_later() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        producer.gate.clear()
        intervals = []
        for _ in range(3):
            for _ in range(3):
                deliveries.post("alerts", b"", bytes(400), partition=0)
            intervals.append(deliveries.cut())
            await deliveries.flush()
        deliveries.post("sketches", b"", b"good", partition=0)
        intervals.append(deliveries.cut())
        await deliveries.flush()
        producer.gate.set()
        for interval in intervals[:3]:
            with pytest.raises(DeliveryError, match=r"alerts did not take a record.*NotEnoughReplicas"):
                await interval.settle(1)
            assert interval.pending == 0
        await intervals[3].settle(1)
        deliveries.post("alerts", b"", b"", partition=0)
        with pytest.raises(DeliveryError, match="NotEnoughReplicas"):
            await deliveries.flush()

    producer = FakeProducer(refuses={"alerts": errors.NotEnoughReplicasError()})
    assert [record.topic for record in run(body, producer).took] == ["sketches"]


def test_whoever_posts_too_much_waits_until_it_has_gone() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        producer.gate.clear()
        for _ in range(20):
            deliveries.post("alerts", b"", bytes(400), partition=0)
        flushing = asyncio.create_task(deliveries.flush())
        await turns()
        assert not flushing.done()
        assert len(deliveries._posted) == 20 - 6  # the sixth is beyond the limit of 2,000 bytes
        producer.gate.set()
        await flushing
        await deliveries.settle(1)

    assert len(run(body, most=2000).took) == 20


def test_a_broker_that_makes_no_room_counts_as_gone() -> None:
    async def body() -> None:
        producer = FakeProducer()
        producer.gate.clear()
        deliveries = Deliveries(Outbox(producer, patience=0.01, most=100))
        deliveries.post("alerts", b"", bytes(200), partition=0)
        with pytest.raises(DeliveryError, match=r"alerts did not take a record.*KafkaTimeout"):
            await deliveries.flush()
        producer.gate.set()

    asyncio.run(body())


def test_a_cut_holds_what_was_posted_even_if_it_was_not_sent_yet() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post("alerts", None, b"")
        interval = deliveries.cut()
        with pytest.raises(DeliveryError, match="1 records were not delivered"):
            await interval.settle(0.01)
        await deliveries.flush()
        await interval.settle(1)
        assert [record.topic for record in producer.took] == ["alerts"]

    run(body)


def test_what_had_arrived_before_the_cut_does_not_stand_for_what_had_not() -> None:
    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        deliveries.post("alerts", b"", b"first", partition=0)
        await deliveries.flush()
        deliveries._outbox.hurry()
        await turns()
        assert len(producer.took) == 1
        producer.gate.clear()
        deliveries.post("alerts", b"", b"second", partition=0)
        interval = deliveries.cut()
        await deliveries.flush()
        deliveries._outbox.hurry()
        with pytest.raises(DeliveryError, match="1 records were not delivered"):
            await interval.settle(0.01)
        producer.gate.set()
        await interval.settle(1)
        assert len(producer.took) == 2

    run(body)


def test_a_settled_stage_waits_for_its_own_records_alone() -> None:
    async def body() -> None:
        producer = FakeProducer()
        outbox = Outbox(producer, FOR_EVER)
        one, other = Deliveries(outbox), Deliveries(outbox)
        one.post("alerts", b"", b"one", partition=0)
        other.post("alerts", b"", b"other", partition=0)
        await one.flush()
        await other.flush()
        other_interval = other.cut()
        await one.settle(1)
        await other_interval.settle(1)
        assert producer.sizes == [2]

    asyncio.run(body())


moves = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 3), st.integers(0, 700)),  # post so many bytes to a partition
        st.sampled_from(["flush", "cut", "open", "shut", "turn", "hurry", "deliver"]),
    ),
    max_size=80,
)


@given(moves)
def test_every_record_arrives_once_and_in_order_whatever_happens(moves: list[tuple[int, int] | str]) -> None:
    posted: dict[int, list[bytes]] = {}

    async def settle(interval: Interval) -> None:
        await interval.settle(1)
        assert interval.pending == 0

    async def body(producer: FakeProducer, deliveries: Deliveries) -> None:
        settled: list[asyncio.Task[None]] = []
        flushes: list[asyncio.Task[None]] = []
        does: dict[str, Callable[[], object]] = {
            "flush": lambda: flushes.append(asyncio.create_task(deliveries.flush())),
            "cut": lambda: settled.append(asyncio.create_task(settle(deliveries.cut()))),
            "hurry": deliveries._outbox.hurry,
            "open": producer.gate.set,
            "shut": producer.gate.clear,
        }
        for number, move in enumerate(moves):
            if isinstance(move, tuple):
                partition, size = move
                value = b"%d " % number + bytes(size)
                posted.setdefault(partition, []).append(value)
                deliveries.post("alerts", b"", value, partition=partition)
            elif move == "turn":
                await turns(5)
            elif move == "deliver":
                does["flush"]()
                await turns(5)
                does["hurry"]()
                await turns(5)
            else:
                does[move]()
            if move == "cut":
                await turns(1)
        producer.gate.set()
        await deliveries.settle(1)
        await asyncio.gather(*settled, *flushes)

    producer = run(body, most=3000)
    arrived: dict[int, list[bytes]] = {}
    for record in producer.took:
        arrived.setdefault(record.partition, []).append(record.value or b"")
    assert arrived == posted
