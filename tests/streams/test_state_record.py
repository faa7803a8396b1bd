from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SnapshotError
from streams.state_record import (
    PARTITION_KEY,
    PartitionRecord,
    StateRecord,
    close_partition,
    decode_state,
    encode_state,
    open_partition,
)

NUMBERS = st.integers(0, 2**62)
SOURCES = st.tuples(st.text(st.characters(codec="utf-8")), st.integers(0, 10_000))
MARKS = st.dictionaries(SOURCES, st.tuples(NUMBERS, st.integers(0, 2**31 - 1)))


@given(NUMBERS, NUMBERS, st.binary())
def test_a_state_record_comes_back_as_it_was(position: int, time: int, body: bytes) -> None:
    record = StateRecord(position, time, body)
    assert decode_state(encode_state(record)) == record


@given(NUMBERS, NUMBERS, MARKS)
def test_a_partitions_record_comes_back_as_it_was(
    position: int, time: int, marks: dict[tuple[str, int], tuple[int, int]]
) -> None:
    record = PartitionRecord(position, time, marks)
    assert open_partition(close_partition(record)) == record


@given(st.binary())
def test_foreign_bytes_are_refused_by_name(value: bytes) -> None:
    with pytest.raises(SnapshotError, match="state topic"):
        decode_state(value)


@given(NUMBERS, NUMBERS, st.binary(), st.integers(0), st.integers(1, 255))
def test_a_flipped_bit_anywhere_is_noticed(position: int, time: int, body: bytes, at: int, mask: int) -> None:
    value = bytearray(encode_state(StateRecord(position, time, body)))
    value[at % len(value)] ^= mask
    with pytest.raises(SnapshotError):
        decode_state(bytes(value))


@given(NUMBERS, NUMBERS, st.binary(), st.integers(1))
def test_a_record_cut_short_is_noticed(position: int, time: int, body: bytes, cut: int) -> None:
    value = encode_state(StateRecord(position, time, body))
    with pytest.raises(SnapshotError):
        decode_state(value[: -1 - cut % len(value)])


def test_a_mark_without_a_part_is_of_the_first_event_of_its_record() -> None:
    older = StateRecord(1, 2, b'[["a",0,7],["a",1,8,3]]')
    assert open_partition(older).marks == {("a", 0): (7, 0), ("a", 1): (8, 3)}
    assert close_partition(open_partition(older)) == older


def test_broken_marks_are_refused() -> None:
    with pytest.raises(SnapshotError, match="marks"):
        open_partition(StateRecord(1, 2, b"[[1]]"))


def test_no_tenant_can_have_the_partitions_key() -> None:
    with pytest.raises(UnicodeDecodeError):
        PARTITION_KEY.decode()


@pytest.mark.parametrize(
    "marks",
    [
        b'[["a",1,"7"]]',
        b'[["a",1.5,7]]',
        b'[["a",true,7]]',
        b'[["a",-1,7]]',
        b'[["a",1,-7]]',
        b'[["a",1,7,-1]]',
        b'[["a",1,7,"0"]]',
        b'[["a",1,7,0,0]]',
        b'[["a",1,9223372036854775808]]',
        b"[[null,1,7]]",
        b'["a17"]',
        b'{"a17":1}',
        b"17",
        b"[[" + b"[" * 900 + b"]" * 900 + b",1,1]]",
    ],
)
def test_marks_that_are_not_places_on_topics_are_refused(marks: bytes) -> None:
    with pytest.raises(SnapshotError, match="marks"):
        open_partition(StateRecord(1, 2, marks))


@pytest.mark.parametrize(("position", "time"), [(-1, 0), (0, -1), (-(2**63), 2**63 - 1)])
def test_a_position_or_time_below_zero_is_refused(position: int, time: int) -> None:
    with pytest.raises(SnapshotError, match="below 0"):
        decode_state(encode_state(StateRecord(position, time, b"")))
