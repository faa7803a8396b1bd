"""Files of events, plain and compressed."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DistillwatchError
from streams.event_files import EventFile, Line, total_size

Pack = Callable[[bytes], bytes]
TEXT = b'{"a": 1}\n\n{"b": 2}'


def read(path: Path, limit: int = 1_000) -> list[Line]:
    return list(EventFile(str(path), limit).lines())


def zstd_in_two_frames(data: bytes) -> bytes:
    half = len(data) // 2
    return b"".join(zstandard.compress(part) for part in (data[:half], data[half:]))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress, zstd_in_two_frames])
def test_lines_are_the_same_however_the_file_is_packed(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "events"
    path.write_bytes(pack(TEXT))
    assert [(line.number, line.value) for line in read(path)] == [
        (1, b'{"a": 1}'),
        (2, b""),
        (3, b'{"b": 2}'),
    ]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert read(path) == []


def test_stdin_is_read_as_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(TEXT))
    os.close(writing)
    with open(reading) as stdin:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr("sys.stdin", stdin)
        file = EventFile("-", 1_000)
        assert len(list(file.lines())) == 3
        assert file.position == 0


def test_a_line_beyond_the_limit_is_cut_off_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * 25 + b"\nshort\n")
    long, short = read(path, limit=10)
    assert (long.whole, len(long.value)) == (False, 11)
    assert short == Line(str(path), 2, b"short")


@given(st.lists(st.binary(max_size=12).filter(lambda text: not set(text) & set(b"\r\n"))), st.integers(1, 12))
def test_every_line_keeps_its_number_and_its_beginning(lines: list[bytes], limit: int) -> None:
    stream = io.BytesIO(b"".join(line + b"\n" for line in lines))
    file = EventFile.__new__(EventFile)
    file._delimited = False
    file.name, file._limit, file._raw = "f", limit, io.BufferedReader(stream)  # type: ignore[arg-type]
    if stream.getvalue().startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return
    result = list(file.lines())
    assert [line.value for line in result] == [line[: limit + 1] for line in lines]
    assert [line.number for line in result] == list(range(1, len(lines) + 1))
    assert [line.whole for line in result] == [len(line) <= limit for line in lines]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_file_that_breaks_off_is_an_error_that_names_the_last_line(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "broken"
    path.write_bytes(pack(os.urandom(5_000).hex().encode() + b"\n" + os.urandom(5_000).hex().encode())[:-900])
    with pytest.raises(DistillwatchError, match=r"broken is damaged after line \d"):
        read(path, limit=100_000)


def test_a_missing_file_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    with pytest.raises(DistillwatchError, match=r"cannot read .*none.jsonl: there is no such file"):
        total_size([str(path)])
    with pytest.raises(DistillwatchError, match=r"cannot read .*none.jsonl: No such file"):
        EventFile(str(path), 10)


def test_the_position_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.gz"
    path.write_bytes(gzip.compress(TEXT * 100))
    file = EventFile(str(path), 1_000)
    for _ in file.lines():
        position = file.position
    assert position == total_size([str(path)]) == path.stat().st_size


def test_the_size_is_unknown_with_stdin_among_the_files(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.touch()
    assert total_size([str(path), "-"]) is None
