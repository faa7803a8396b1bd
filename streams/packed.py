"""Records as the broker sends them: packed in batches, and unpacked where and when they are processed.

aiokafka makes an object of every record as soon as it has come, in the consumer's own thread. A fetch holds
thousands of them: they wait in memory, are cold when their turn comes, and the two threads take Python's lock
from each other. Here a consumer hands over the batches, checked and without what a transaction took back, and
whoever processes them unpacks as many records as it takes in one step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, dropwhile, islice
from typing import Any

from aiokafka.consumer import fetcher  # type: ignore[import-untyped]
from aiokafka.errors import CorruptRecordException  # type: ignore[import-untyped]

from streams.record import Record

_PACKED = object()
"""Stands where a consumer has what it makes of values: aiokafka hands it on to its records."""


class PackedRecords:
    """The records of one partition in one answer of a broker, to be taken once and in order.

    Parameters
    ----------
    batches
        At least one, as aiokafka reads them; each is let go of when it was unpacked.
    begin
        Offset below which records are left out: a batch may begin before it.
    """

    __slots__ = ("_place", "_records", "begin", "end")

    def __init__(self, topic: str, partition: int, batches: deque[Any], begin: int) -> None:
        self._place = topic, partition
        self.begin: int = max(begin, getattr(batches[0], "base_offset", begin))
        """No record has a lower offset; old formats do not say where they begin."""
        self.end: int = batches[-1].next_offset
        """All records have a lower one."""
        records = chain.from_iterable(_one_by_one(batches))
        self._records = dropwhile(self._is_below, records)

    def take(self, most: int) -> list[Record]:
        """Unpack the next records, at most so many; none when all were taken."""
        make, (topic, partition) = tuple.__new__, self._place
        return [
            make(Record, (topic, partition, one.offset, one.timestamp, one.key, one.value, one.headers))
            for one in islice(self._records, most)
        ]

    def _is_below(self, record: Any) -> bool:
        return bool(record.offset < self.begin)


def _one_by_one(batches: deque[Any]) -> Iterator[Any]:
    while batches:
        yield batches.popleft()


def fetch_packed(consumer: Any) -> None:
    """Let one `AIOKafkaConsumer` that was not started yet give `PackedRecords`, one for each partition."""
    consumer._value_deserializer = _PACKED  # noqa: SLF001
    fetcher.PartitionRecords = _PartitionRecords


class _PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What an answer holds of a partition: its records, or for a consumer that is marked all of them as one.

    What aiokafka knows of transactions is asked of it; only what is made of the batches differs.
    """

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        packed = self._value_deserializer is _PACKED
        return self._pack() if packed else super()._unpack_records()

    def _pack(self) -> Iterator[PackedRecords]:
        begin, batches = self.next_fetch_offset, deque[Any]()
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._is_hidden(batch) and batch.next_offset > begin:
                batches.append(batch)
            self.next_fetch_offset = batch.next_offset
        if batches:
            yield PackedRecords(self._tp.topic, self._tp.partition, batches, begin)

    def _is_hidden(self, batch: Any) -> bool:
        """Tell whether a batch is a mark of a transaction, or of one that was taken back."""
        control = bool(batch.is_control_batch)
        producer = batch.producer_id
        if producer is None or self._isolation_level != fetcher.READ_COMMITTED:
            return control
        self._consume_aborted_up_to(batch.base_offset)
        if control and self._contains_abort_marker(batch):
            self._aborted_producers.discard(producer)
        return control or (batch.is_transactional and producer in self._aborted_producers)
