"""The envelope of a stored state: what is damaged or foreign is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import snapshot
from models.errors import SnapshotError
from models.snapshot import Header, pack, peek, unpack

offsets = st.integers(-1, 2**63 - 1)
BLOB = pack(Header(offset=41, time=1_772_582_400_000), b"the body of a tenant")
HEADER_BYTES = len(BLOB) - len(b"the body of a tenant")
BODY_BITS = range(8 * HEADER_BYTES, 8 * len(BLOB))


def flipped(blob: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(blob)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(offsets, offsets, st.binary(max_size=200))
@settings(deadline=None, max_examples=60)
def test_a_snapshot_comes_back_as_it_was(offset: int, time: int, body: bytes) -> None:
    blob = pack(Header(offset, time), body)
    assert unpack(blob) == (Header(offset, time), body)
    assert peek(blob) == Header(offset, time)


def test_any_flipped_bit_of_the_body_is_noticed() -> None:
    for bit in BODY_BITS:
        with pytest.raises(SnapshotError, match="CRC-32C"):
            unpack(flipped(BLOB, bit))


def test_any_flipped_bit_is_noticed() -> None:
    unnoticed = []
    for bit in range(8 * len(BLOB)):
        try:
            unpack(flipped(BLOB, bit))
        except SnapshotError:
            continue
        unnoticed.append(bit)
    assert unnoticed == []


def test_any_truncation_is_noticed() -> None:
    for size in range(len(BLOB)):
        with pytest.raises(SnapshotError):
            unpack(BLOB[:size])


def test_bytes_behind_the_body_are_noticed() -> None:
    with pytest.raises(SnapshotError, match="21 bytes and should have 20"):
        unpack(BLOB + b"\0")


def test_a_header_alone_can_be_read() -> None:
    assert peek(BLOB[:HEADER_BYTES]) == Header(41, 1_772_582_400_000)
    with pytest.raises(SnapshotError):
        peek(BLOB[: HEADER_BYTES - 1])


def test_another_version_is_refused_and_both_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "VERSION", 9)
    foreign = pack(Header(1, 2), b"body")
    monkeypatch.undo()
    for read in (peek, unpack):
        with pytest.raises(
            SnapshotError, match=f"has version 9, this program reads version {snapshot.VERSION}"
        ):
            read(foreign)


@given(st.binary(max_size=100))
@settings(deadline=None, max_examples=60)
def test_other_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(SnapshotError):
        unpack(blob)
