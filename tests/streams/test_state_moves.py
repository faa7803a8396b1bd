"""What a state says of places on topics, on other topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SnapshotError
from models.snapshot import Header, pack, unpack
from streams.baseline import HEAD_KEY, part_key
from streams.state_moves import Moved, Moves, position_in, stay
from streams.state_record import (
    OWN_KEY,
    PARTITION_KEY,
    TEMPLATE_KEY,
    PartitionRecord,
    StateRecord,
    close_partition,
    open_partition,
)
from streams.template_state import POSITION_KEY

OFFSETS = [100, 101, 105]
MOVED = Moved(OFFSETS, 7)


@pytest.mark.parametrize(
    ("old", "new"), [(0, 7), (100, 7), (101, 8), (102, 9), (105, 9), (106, 10), (999, 10)]
)
def test_a_position_moves_to_the_record_that_is_read_next(old: int, new: int) -> None:
    assert MOVED(old) == new


@given(st.lists(st.integers(0, 1000), unique=True).map(sorted), st.integers(0, 1001), st.integers(0, 50))
def test_what_lies_behind_a_position_lies_behind_it_afterwards(
    offsets: list[int], position: int, base: int
) -> None:
    moved = Moved(offsets, base)
    behind = [base + number for number, offset in enumerate(offsets) if offset >= position]
    assert [at for at in range(base, base + len(offsets)) if at >= moved(position)] == behind


def test_a_tenant_whose_last_event_was_not_brought_along_has_none_on_the_new_topic() -> None:
    body = pack(Header(99, 5), b"state")
    record = Moves(judged=Moved(OFFSETS)).record(b"acme", StateRecord(100, 5, body))
    assert record.position == 0
    assert unpack(record.body) == (Header(-1, 5), b"state")


def test_a_tenant_that_is_newer_than_the_position_has_seen_the_same_records_afterwards() -> None:
    body = pack(Header(101, 5), b"state")
    record = Moves(judged=MOVED).record(b"acme", StateRecord(106, 5, body))
    assert unpack(record.body)[0].offset == MOVED(101) == 8
    assert record.position == 10


def test_a_tenant_without_a_snapshot_stays_one() -> None:
    assert Moves(judged=MOVED).record(b"acme", StateRecord(100, 5, b"")) == StateRecord(7, 5, b"")


def test_marks_are_kept_of_the_sources_that_are_still_the_same() -> None:
    marks = {("requests", 0): (40, 0), ("requests", 1): (41, 2), ("kong", 0): (7, 0), ("older", 0): (9, 0)}
    record = close_partition(PartitionRecord(101, 5, marks))
    moves = Moves(judged=MOVED, sources=frozenset({"requests", "kong"}))
    kept = open_partition(moves.record(PARTITION_KEY, record))
    assert (kept.position, kept.time) == (8, 5)
    assert kept.marks == {("requests", 0): (40, 0), ("requests", 1): (41, 2), ("kong", 0): (7, 0)}
    assert open_partition(Moves(judged=MOVED).record(PARTITION_KEY, record)).marks == {}


@pytest.mark.parametrize("key", [POSITION_KEY, TEMPLATE_KEY + b"12345678"])
def test_templates_move_with_the_fingerprint_topic(key: bytes) -> None:
    assert Moves(fingerprints=MOVED).record(key, StateRecord(101, 5, b"x")) == StateRecord(8, 5, b"x")


def test_the_population_moves_by_its_head_and_its_parts_are_told_by_their_number() -> None:
    moves, record = Moves(population=MOVED), StateRecord(101, 5, b"x")
    assert moves.record(HEAD_KEY, record).position == 8
    assert moves.record(part_key(3, 0), record) == record


def test_what_nobody_knows_is_left_as_it_is() -> None:
    record = StateRecord(101, 5, b"x")
    moves = Moves(judged=MOVED, fingerprints=MOVED, population=MOVED)
    assert moves.record(OWN_KEY + b"of a later release", record) == record


@pytest.mark.parametrize("key", [b"acme", PARTITION_KEY, POSITION_KEY, HEAD_KEY])
def test_a_topic_that_is_still_the_same_moves_nothing(key: bytes) -> None:
    body = pack(Header(99, 5), b"state")
    record = close_partition(PartitionRecord(100, 5, {("requests", 0): (3, 0)}))
    if key != PARTITION_KEY:
        record = StateRecord(100, 5, body)
    assert Moves(sources=frozenset({"requests"})).record(key, record) == record
    assert stay(4) == 4


def test_a_tenant_whose_snapshot_cannot_be_read_starts_cold() -> None:
    record = StateRecord(101, 5, b"damaged")
    assert Moves(judged=MOVED).record(b"acme", record) == StateRecord(8, 5, b"")


def test_a_damaged_record_of_a_partition_is_refused() -> None:
    with pytest.raises(SnapshotError):
        Moves(judged=MOVED).record(PARTITION_KEY, StateRecord(100, 5, b"damaged"))


def test_the_position_of_a_record_that_is_missing_or_damaged_is_the_beginning() -> None:
    assert position_in({}, PARTITION_KEY) == 0
    assert position_in({PARTITION_KEY: StateRecord(7, 5, b"damaged")}, PARTITION_KEY) == 0
    assert position_in({HEAD_KEY: StateRecord(7, 5, b"")}, HEAD_KEY) == 7
