"""No input takes memory out of proportion to its size, whatever it claims to hold."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from struct import Struct

import pytest
import zstandard

from models.codec import Reader
from models.embedding import HashedEmbedder
from models.errors import DecodeError, SnapshotError
from models.native import decode_native
from models.sketcher import Sketcher
from streams.event_files import EventFile
from streams.formats import decoder
from streams.reading import RUN_BYTES, RequestReader
from streams.record import Record
from tests.fuzz.probes import bodies, places, restored
from tests.fuzz.targets import TARGETS

SIZE = 300_000
NATIVE_FACTOR, NATIVE_ROOM = 48, 65_536
"""The parser takes 12 bytes a byte of input; the rest is what the smallest objects cost."""

TENANT_ROOM = 1_000_000
BOMB_BYTES, BOMB_ROOM = 2**27, 2**26
HEAD = b'{"id":"r1","tenant":"acme","time":1772582400000,'
_LENGTH = Struct("<I")


def peak(work: Callable[[], object]) -> int:
    """Bytes that the work held at once; its refusal is fine."""
    tracemalloc.start()
    try:
        work()
    except (DecodeError, SnapshotError):
        pass
    finally:
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return held


def filled(before: bytes, unit: bytes, after: bytes) -> bytes:
    """An event of `SIZE` bytes that repeats one thing."""
    return HEAD + before + unit * ((SIZE - len(HEAD)) // len(unit)) + after


BOMBS = {
    "embedding": filled(b'"embedding":[0', b",0", b"]}"),
    "embedding of floats": filled(b'"embedding":[0', b",1.5", b"]}"),
    "flags": filled(b'"flags":[""', b',""', b"]}"),
    "wide flags": filled(b'"flags":[""', ',"ā"'.encode(), b"]}"),
    "empty lists": filled(b'"x":[0', b",[]", b"]}"),
    "small objects": filled(b'"x":[0', b',{"a":0}', b"]}"),
    "nesting": filled(b'"x":', b"[", b"}"),
    "closed nesting": HEAD + b'"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "one name again and again": filled(b'"prompt":"a"', b',"prompt":"b"', b"}"),
    "many names": HEAD + b",".join(b'"%x":0' % number for number in range(SIZE // 10)) + b"}",
    "a long number": filled(b'"status":1', b"9", b"}"),
    "a long fraction": filled(b'"temperature":1.', b"9", b"}"),
    "a long exponent": filled(b'"temperature":1e', b"9", b"}"),
    "a long label": filled(b'"asn":', b"9", b"}"),
    "a long time": filled(b'"time":"2026-03-04T00:00:00.', b"9", b'+01:00"}'),
    "a long tenant": filled(b'"tenant":"', b"t", b'"}'),
    "one wide character": filled(b'"prompt":"', b"a", '😀"}'.encode()),
    "escapes": filled(b'"prompt":"', b"\\u00e9", b'"}'),
    "lone surrogates": filled(b'"prompt":"', b"\\ud83d", b'"}'),
    "white space": filled(b'"x":0', b" ", b"}"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_event_takes_memory_in_proportion_to_its_size(name: str) -> None:
    held = peak(lambda: decode_native(BOMBS[name]))
    assert held < NATIVE_FACTOR * len(BOMBS[name]) + NATIVE_ROOM


@pytest.mark.parametrize("name", ["small objects", "embedding of floats", "flags", "nesting"])
def test_a_batch_takes_memory_in_proportion_to_a_run_of_it(name: str) -> None:
    records = [Record("t", 0, at, value=BOMBS[name]) for at in range(20)]
    reader = RequestReader(decoder("native"), Sketcher(HashedEmbedder()))
    held = peak(lambda: reader.read(records))
    assert held < NATIVE_FACTOR * (RUN_BYTES + 2 * len(BOMBS[name]))  # one is looked at by itself besides


@pytest.mark.parametrize("name", BOMBS)
def test_an_event_of_any_excess_is_refused_or_crosses_the_bus(name: str) -> None:
    TARGETS["native"].run(BOMBS[name])


@pytest.mark.parametrize("claimed", [2**16, 2**24, 2**31 - 1, 2**32 - 1])
def test_a_length_that_a_state_only_claims_takes_no_memory(claimed: int) -> None:
    for body in bodies()[1:]:
        for at, size in places(body):
            if size == _LENGTH.size:
                lying = body[:at] + _LENGTH.pack(claimed) + body[at + size :]
                assert peak(lambda lying=lying: restored(lying)) < TENANT_ROOM


def test_a_value_of_many_bytes_is_copied_twice_at_most() -> None:
    body = _LENGTH.pack(10**6) + bytes(10**6)
    assert peak(lambda: Reader(body).blob()) < 2 * 10**6 + NATIVE_ROOM


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_file_that_unpacks_to_very_much_is_read_in_bounded_memory(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "events"
    file.write_bytes(compress(bytes(BOMB_BYTES)))
    held = peak(lambda: sum(1 for _ in EventFile(str(file), 1 << 16).lines()))
    assert held < BOMB_ROOM
