"""A producer that takes batches as aiokafka does, and a broker behind it that one can stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import errors

from streams.deliveries import Deliveries
from streams.outbox import Builder, Headers, Outbox

FOR_EVER = 3600.0


class Sent(NamedTuple):
    """A record that arrived."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass
class FakeBatch:
    """A batch with room for so many bytes; its first record always fits, as with Kafka."""

    room: int
    records: list[tuple[bytes | None, bytes | None, Headers]] = field(default_factory=list)
    closed: bool = False

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
    ) -> object | None:
        assert timestamp is None
        assert isinstance(headers, list)  # aiokafka takes no other sequence
        size = len(key or b"") + len(value or b"")
        if self.closed or (self.records and size > self.room):
            self.closed = True
            return None
        self.room -= size
        self.records.append((key, value, headers))
        return object()

    def close(self) -> None:
        self.closed = True


class FakeProducer:
    """Takes batches of partitions, one at a time each, and lets them arrive while the gate is open.

    Parameters
    ----------
    room
        Bytes of a batch.
    largest
        Bytes of a record.
    refuses
        Errors by topic.
    """

    def __init__(
        self, *, room: int = 1000, largest: int = 1_000_000, refuses: dict[str, BaseException] | None = None
    ) -> None:
        self.room = room
        self.largest = largest
        self.refuses = refuses or {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.took: list[Sent] = []
        self.sizes: list[int] = []
        """Records of each batch that arrived."""
        self.under_way: Counter[tuple[str, int]] = Counter()

    async def partitions_of(self, topic: str) -> Sequence[int]:
        await asyncio.sleep(0)
        if topic == "missing":
            raise errors.UnknownTopicOrPartitionError
        return range(4)

    def available(self, _topic: str) -> Sequence[int]:
        return (2,)

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.room)

    async def send_batch(self, batch: Builder, topic: str, partition: int) -> Awaitable[Any]:
        assert isinstance(batch, FakeBatch)
        assert batch.closed
        assert batch.records
        self.under_way[topic, partition] += 1
        assert self.under_way[topic, partition] == 1
        return asyncio.ensure_future(self._arrive(batch, topic, partition))

    async def _arrive(self, batch: FakeBatch, topic: str, partition: int) -> None:
        await asyncio.sleep(0)
        await self.gate.wait()
        self.under_way[topic, partition] -= 1
        if topic in self.refuses:
            raise self.refuses[topic]
        self.took += [Sent(topic, partition, *record) for record in batch.records]
        self.sizes.append(len(batch.records))

    def deliveries(self, most: int = 100_000) -> Deliveries:
        """Return deliveries of a stage of its own."""
        return Deliveries(Outbox(self, FOR_EVER, most))
