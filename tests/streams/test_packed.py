from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.types import TP

from streams.batch_message import BatchMessage
from streams.packed import PackedRecords, fetch_packed
from streams.record import Record

PLACE = TopicPartition("events", 3)
LZ4 = 3
ABORT, COMMIT = b"\0\0\0\0", b"\0\0\0\1"
CONTROL = 0x20


def batch(
    offsets: Iterable[int],
    *,
    producer: int = -1,
    control: bytes | None = None,
    transactional: bool = False,
    compression: int = 0,
) -> bytes:
    """Make a batch as a broker sends it; its offsets may have holes."""
    first, *rest = offsets
    builder = DefaultRecordBatchBuilder(2, compression, int(transactional), producer, 0, 0, 100_000)
    for offset in (first, *rest):
        key = control or b"tenant-%d" % offset
        builder.append(offset - first, 1_000 + offset, key, b"value-%d" % offset, [("h", b"%d" % offset)])
    data = bytearray(builder.build())
    data[:8] = first.to_bytes(8, "big")
    if control is not None:
        data[22] |= CONTROL
    return bytes(data)


def unpacked(
    data: bytes,
    begin: int = 0,
    *,
    aborted: Iterable[tuple[int, int]] = (),
    crcs: bool = False,
    packed: bool = True,
) -> list[Any]:
    """Return what a consumer is given of an answer."""
    consumer = SimpleNamespace(_value_deserializer=None)
    if packed:
        fetch_packed(consumer)
    given = list(aborted), begin, None, consumer._value_deserializer, crcs, fetcher.READ_COMMITTED
    records = fetcher.PartitionRecords(PLACE, MemoryRecords(data), *given)
    found = list(records)
    assert all(isinstance(one, PackedRecords if packed else ConsumerRecord) for one in found)
    return found


def offsets_of(packed: PackedRecords, most: int = 7) -> list[int]:
    return [record.offset for chunk in iter(lambda: packed.take(most), []) for record in chunk]


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)


@pytest.mark.parametrize("compression", [0, LZ4])
def test_all_batches_of_an_answer_are_one_and_their_records_what_aiokafka_makes_of_them(
    compression: int,
) -> None:
    data = b"".join(batch(range(start, start + 40), compression=compression) for start in (0, 40, 80))
    [packed] = unpacked(data)
    assert (packed.begin, packed.end) == (0, 120)
    records = list(chain.from_iterable(iter(lambda: packed.take(50), [])))
    plain = unpacked(data, packed=False)
    assert [(*record[:6], tuple(record.headers)) for record in records] == [
        (one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, one.headers)
        for one in plain
    ]
    assert all(type(record) is Record for record in records)
    assert packed.take(50) == []


@pytest.mark.parametrize("begin", [0, 39, 41, 60, 79])
def test_reading_may_begin_within_a_batch_and_batches_before_it_are_left_out(begin: int) -> None:
    [packed] = unpacked(batch(range(40)) + batch(range(40, 80)), begin)
    assert packed.begin == begin
    assert offsets_of(packed) == list(range(begin, 80))


def test_nothing_is_given_of_an_answer_that_ends_below_where_reading_begins() -> None:
    assert unpacked(batch(range(40)), 40) == []


def test_compaction_leaves_holes_and_the_ends_are_those_of_the_batches() -> None:
    [packed] = unpacked(batch([5, 9]) + batch([20, 31]), 2)
    assert (packed.begin, packed.end) == (5, 32)
    assert offsets_of(packed) == [5, 9, 20, 31]


def test_what_a_transaction_took_back_and_its_marks_are_left_out() -> None:
    data = b"".join(
        [
            batch([0, 1], producer=7, transactional=True),
            batch([2, 3], producer=8, transactional=True),
            batch([4], producer=7, transactional=True, control=ABORT),
            batch([5], producer=8, transactional=True, control=COMMIT),
            batch([6], producer=7, transactional=True),
            batch([7], producer=7, transactional=True, control=COMMIT),
            batch([8]),
        ]
    )
    [packed] = unpacked(data, aborted=[(7, 0)])
    assert packed.end == 9
    assert offsets_of(packed) == [2, 3, 6, 8]
    assert [record.offset for record in unpacked(data, aborted=[(7, 0)], packed=False)] == [2, 3, 6, 8]


def test_an_answer_of_marks_alone_gives_nothing_and_is_read_past() -> None:
    data = batch([0, 1], producer=7, transactional=True) + batch(
        [2], producer=7, transactional=True, control=ABORT
    )
    assert unpacked(data, aborted=[(7, 0)]) == []


def test_a_batch_that_was_damaged_on_the_way_is_refused_before_anything_of_it_is_used() -> None:
    broken = bytearray(batch(range(3)))
    broken[-1] ^= 1
    with pytest.raises(CorruptRecordException, match="CRC"):
        unpacked(bytes(broken), crcs=True)


def test_batches_of_an_old_format_are_read_from_where_reading_begins() -> None:
    builder = LegacyRecordBatchBuilder(1, 0, 10_000)
    builder.append(0, 1, b"k", b"v")
    [packed] = unpacked(bytes(builder.build()))
    assert (packed.begin, packed.end) == (0, 1)
    assert packed.take(5) == [Record("events", 3, 0, 1, b"k", b"v", [])]


def test_other_consumers_of_the_process_are_given_records() -> None:
    unpacked(batch([0]))
    assert [one.offset for one in unpacked(batch([0, 1]), packed=False)] == [0, 1]


def test_a_batch_is_let_go_of_when_it_was_unpacked() -> None:
    batches = deque(MemoryRecords(batch(range(start, start + 4))).next_batch() for start in (0, 4))
    packed = PackedRecords("events", 3, batches, 0)
    assert (len(packed.take(4)), len(batches)) == (4, 1)
    assert (len(packed.take(5)), len(batches)) == (4, 0)


def test_a_message_has_the_offset_of_its_last_record_and_is_unpacked_in_chunks() -> None:
    [packed] = unpacked(batch(range(10, 30)), 12)
    message = BatchMessage(TP("events", 3), packed, 5)
    assert (message.offset, message.size, message.generation_id) == (29, 18, 5)
    assert [len(chunk) for chunk in message.chunks(8)] == [8, 8, 2]
    assert list(message.records()) == []
