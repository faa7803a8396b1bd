from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SnapshotError
from streams.state_record import (
    PARTITION_KEY,
    PartitionRecord,
    StateRecord,
    decode_partition,
    decode_state,
    encode_partition,
    encode_state,
)

NUMBERS = st.integers(0, 2**62)
MARKS = st.dictionaries(st.tuples(st.text(st.characters(codec="utf-8")), st.integers(0, 10_000)), NUMBERS)


@given(NUMBERS, NUMBERS, st.binary())
def test_a_state_record_comes_back_as_it_was(position: int, time: int, body: bytes) -> None:
    record = StateRecord(position, time, body)
    assert decode_state(encode_state(record)) == record


@given(NUMBERS, NUMBERS, MARKS)
def test_a_partitions_record_comes_back_as_it_was(
    position: int, time: int, marks: dict[tuple[str, int], int]
) -> None:
    record = PartitionRecord(position, time, marks)
    assert decode_partition(encode_partition(record)) == record


@given(st.binary())
def test_foreign_bytes_are_refused_by_name(value: bytes) -> None:
    with pytest.raises(SnapshotError, match="state topic"):
        decode_state(value)


def test_broken_marks_are_refused() -> None:
    with pytest.raises(SnapshotError, match="marks"):
        decode_partition(encode_state(StateRecord(1, 2, b"[[1]]")))


def test_no_tenant_can_have_the_partitions_key() -> None:
    with pytest.raises(UnicodeDecodeError):
        PARTITION_KEY.decode()
