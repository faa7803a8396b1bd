"""The store of snapshots on disk: what was put is found, the newer wins, and a full disk says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.snapshot_store import SnapshotStore, StoreError
from streams.state_record import OWN_KEY, PARTITION_KEY, TEMPLATE_KEY, StateRecord


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    with SnapshotStore(tmp_path) as opened:
        yield opened


def record(position: int, time: int = 0, body: bytes = b"body") -> StateRecord:
    return StateRecord(position, time, body)


def test_what_was_put_is_found_and_replaced_and_forgotten(store: SnapshotStore) -> None:
    store.put({b"a": record(5, 1, b"x"), b"b": record(6, 2, b"y")})
    store.put({b"a": record(4, 3, b"z"), b"b": None})
    assert store.get(b"a") == record(4, 3, b"z")
    assert store.get(b"b") is None
    assert len(store) == 1


KEYS = st.sampled_from([b"a", b"b", b"c"])


@given(st.lists(st.tuples(KEYS, st.none() | st.integers(0, 5))))
def test_of_restored_records_the_highest_position_since_the_last_tombstone_stays(
    moves: list[tuple[bytes, int | None]],
) -> None:
    known: dict[bytes, StateRecord] = {}
    records = [
        (key, None if position is None else record(position, body=b"%d" % number))
        for number, (key, position) in enumerate(moves)
    ]
    for key, entry in records:
        if entry is None:
            known.pop(key, None)
        elif key not in known or entry.position >= known[key].position:
            known[key] = entry
    with SnapshotStore() as store:
        store.restore(records)
        assert {key: store.get(key) for key in (b"a", b"b", b"c")} == {
            key: known.get(key) for key in (b"a", b"b", b"c")
        }


def test_the_idle_are_found_by_time(store: SnapshotStore) -> None:
    store.put({b"%d" % time: record(1, time) for time in range(10)})
    assert store.older_than(3) == [b"0", b"1", b"2"]
    assert store.older_than(9, most=2) == [b"0", b"1"]


def test_the_idle_of_one_kind_are_not_in_the_way_of_another(store: SnapshotStore) -> None:
    hashes = [number.to_bytes(8, "big") for number in (0, 5, 2**64 - 1)]
    templates = [TEMPLATE_KEY + one for one in hashes]
    store.put({key: record(1) for key in [*templates, PARTITION_KEY, OWN_KEY + b"population-0-0"]})
    store.put({b"a": record(1, 1), "\U0010ffff".encode(): record(1, 2)})
    assert store.older_than(9, most=1) == [b"a"]
    assert store.older_than(9) == [b"a", "\U0010ffff".encode()]
    assert store.older_than(9, 2, TEMPLATE_KEY) == templates[:2]
    assert store.older_than(9, kind=TEMPLATE_KEY) == templates


def test_nothing_is_left_in_the_folder_even_while_it_is_open(store: SnapshotStore, tmp_path: Path) -> None:
    store.put({b"a": record(1, body=b"x" * 10_000_000)})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no-such-folder.*state\.folder"):
        SnapshotStore(tmp_path / "no-such-folder")


def test_a_disk_that_is_full_from_the_start_keeps_no_file_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.snapshot_store._TABLE", "no statement at all")
    with pytest.raises(StoreError):
        SnapshotStore(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said(store: SnapshotStore, tmp_path: Path) -> None:
    store._database.execute("PRAGMA max_page_count = 100")
    with pytest.raises(StoreError, match=r"disk is full.*make room.*state\.folder") as raised:
        store.put({b"a": record(1, body=b"x" * 10_000_000)})
    assert str(tmp_path) in str(raised.value)
    assert isinstance(raised.value.__cause__, sqlite3.Error)
