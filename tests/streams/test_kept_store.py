"""State records that outlive the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.kept_store import KeptStore
from streams.snapshot_store import StoreError
from streams.state_record import StateRecord


def test_what_was_committed_is_there_and_nothing_else(tmp_path: Path) -> None:
    first, second, third = (StateRecord(number, number, b"body") for number in range(3))
    with KeptStore(tmp_path / "0.db") as store:
        assert store.kept() is None
        store.put({b"a": first, b"b": second})
        store.commit(b"progress", b"state")
        store.put({b"a": third, b"b": None, b"c": third})
        assert store.get(b"a") == third
    with KeptStore(tmp_path / "0.db") as store:
        assert store.kept() == (b"progress", b"state")
        assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (first, second, None)
        assert store.older_than(1) == [b"a"]


def test_the_last_commit_counts(tmp_path: Path) -> None:
    with KeptStore(tmp_path / "0.db") as store:
        for number in range(3):
            store.commit(b"%d" % number, b"")
    with KeptStore(tmp_path / "0.db") as store:
        assert store.kept() == (b"2", b"")


def test_a_file_that_is_no_store_is_refused_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "0.db").write_bytes(b"not a database" * 1_000)
    with pytest.raises(StoreError, match=r"snapshots cannot be kept in .*file is not a database"):
        KeptStore(tmp_path / "0.db")
