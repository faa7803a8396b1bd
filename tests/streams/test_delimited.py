"""Files of Protobuf messages."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DistillwatchError
from streams.delimited import messages
from streams.event_files import EventFile

MESSAGE = b"\x0a" + b"\x20" + bytes(32)


def varint(size: int) -> bytes:
    head = b""
    while size >= 0x80:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size])


def delimited(*values: bytes) -> bytes:
    return b"".join(varint(len(value)) + value for value in values)


def read(data: bytes, most: int = 10_000) -> list[tuple[bytes, bool]]:
    return list(messages(io.BytesIO(data), most))


@given(st.lists(st.binary(max_size=400).map(lambda rest: b"\x0a" + rest), max_size=5))
def test_messages_come_back_as_they_were(values: list[bytes]) -> None:
    assert read(delimited(*values)) == [(value, True) for value in values]


def test_a_message_without_a_length_is_the_whole_file() -> None:
    assert read(MESSAGE) == [(MESSAGE, True)]
    assert read(MESSAGE, most=20) == [(b"", False)]


def test_a_message_that_is_too_long_is_left_out_and_the_next_one_read() -> None:
    assert read(delimited(MESSAGE * 3, MESSAGE), most=50) == [(b"", False), (MESSAGE, True)]


@pytest.mark.parametrize("data", [delimited(MESSAGE)[:-1], b"\xff\xff\xff\xff\xff\xff", b"\x80"])
def test_a_file_that_ends_within_a_message_is_damaged(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "spans.bin"
    path.write_bytes(data)
    with pytest.raises(DistillwatchError, match="damaged after line 0"):
        list(EventFile(str(path), 1_000, delimited=True).lines())


def test_messages_are_read_of_compressed_files_too(tmp_path: Path) -> None:
    path = tmp_path / "spans.bin.gz"
    path.write_bytes(gzip.compress(delimited(MESSAGE, MESSAGE)))
    lines = list(EventFile(str(path), 1_000, delimited=True).lines())
    assert [(line.number, line.value, line.whole) for line in lines] == [
        (1, MESSAGE, True),
        (2, MESSAGE, True),
    ]
