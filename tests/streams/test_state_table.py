"""The store behind the table of states: what is not ours is refused and counted, and stops nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from streams.state_record import PARTITION_KEY, TEMPLATE_KEY, StateRecord, encode_state
from streams.state_table import StateStore

STATE = StateRecord(7, 1_772_582_400_000, b"body")


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    made = StateStore("memory://", SimpleNamespace(), SimpleNamespace(), table_name="state")
    made.folder = tmp_path
    yield made
    made.keep_only([])


def restored(store: StateStore, key: bytes | None, value: bytes | None) -> tuple[int, int]:
    """Numbers of records read and refused."""
    counts: list[tuple[int, int]] = []
    store.on_restored = lambda *both: counts.append(both)
    store.restore(0, [SimpleNamespace(key=key, value=value, partition=0, offset=0)])
    return counts[0]


@pytest.mark.parametrize("key", [b"acme", "Zürich".encode(), PARTITION_KEY, TEMPLATE_KEY + b"\xff" * 8])
def test_a_record_of_ours_is_kept(store: StateStore, key: bytes) -> None:
    assert restored(store, key, encode_state(STATE)) == (1, 0)
    assert store.get(0, key) == STATE


@pytest.mark.parametrize("key", [b"\xfe", b"acme\xed\xa0\x80", PARTITION_KEY + b"\xff"])
def test_a_record_whose_key_names_no_tenant_is_refused(store: StateStore, key: bytes) -> None:
    assert restored(store, key, encode_state(STATE)) == (1, 1)
    assert store.older_than(0, 2**62, 9) == []


@pytest.mark.parametrize("value", [b"", b"DS", encode_state(STATE)[:-1], encode_state(STATE) + b"\0"])
def test_a_damaged_record_is_refused_and_its_key_starts_anew(store: StateStore, value: bytes) -> None:
    restored(store, b"acme", encode_state(STATE))
    assert restored(store, b"acme", value) == (1, 1)
    assert store.get(0, b"acme") is None
