"""Files of events, a record a line, a message or a Parquet row: plain, gzip or zstandard, or stdin as `-`."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from models.errors import DistillwatchError
from streams.delimited import messages
from streams.zstd_reader import ZstdReader

STDIN = "-"
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ZSTD = b"\x28\xb5\x2f\xfd"
_DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, or one message.

    Parameters
    ----------
    file
        The file's name as it was given.
    number
        From 1 on.
    value
        Its bytes without the line's end; of a line that is too long the beginning only, of a message nothing.
    whole
        False when the line was longer than allowed and is cut off.
    partition, timestamp, headers
        Of a record of a topic, whose name is `file` and whose offset is `number`: the partition, the
        record's time in Unix milliseconds, 0 for none, and its headers.
    """

    file: str
    number: int
    value: bytes
    whole: bool = True
    partition: int = 0
    timestamp: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


class EventFile:
    """Reads one file record by record in constant memory; the first bytes tell its compression, or Parquet.

    Parameters
    ----------
    name
        A path, or `-` for stdin.
    max_line_bytes
        A longer line is cut off and marked.
    delimited
        Whether it holds Protobuf messages and not lines; see `streams.delimited`.

    Raises
    ------
    DistillwatchError
        The file cannot be read.
    """

    def __init__(self, name: str, max_line_bytes: int, *, delimited: bool = False) -> None:
        self.name = name
        self._delimited = delimited
        self._limit = max_line_bytes
        self._raw = _open(name)
        self._seekable = self._raw.seekable()
        self._position = 0

    @property
    def position(self) -> int:
        """Bytes read so far, compressed where the file is; 0 of a stream that cannot tell."""
        if self._seekable and not self._raw.closed:
            self._position = self._raw.tell()
        return self._position

    def lines(self) -> Iterator[Line]:
        """Yield the lines, or the messages, and close the file.

        Raises
        ------
        DistillwatchError
            The file breaks off, is damaged (names the last good line), or is Parquet where messages are read.
        """
        number = 0
        if self._raw.peek(4).startswith(_PARQUET) and self._raw.seekable():
            yield from self._rows()
            return
        try:
            with self._raw, _decompress(self._raw) as stream:
                records = messages(stream, self._limit) if self._delimited else _lines(stream, self._limit)
                for value, whole in records:
                    number += 1
                    yield Line(self.name, number, value, whole)
        except _DAMAGE as error:
            detail = f"{self.name} is damaged after line {number} ({type(error).__name__}); restore the file"
            raise DistillwatchError(detail) from error

    def _rows(self) -> Iterator[Line]:
        from streams.parquet_rows import parquet_rows  # noqa: PLC0415 - an extra, and large

        with self._raw:
            if self._delimited:
                raise DistillwatchError(f"{self.name} is Parquet, whose rows hold no Protobuf messages")
            for number, row in enumerate(parquet_rows(self.name, self._raw), 1):
                yield Line(self.name, number, row[: self._limit], whole=len(row) <= self._limit)


def total_size(names: Sequence[str]) -> int | None:
    """Bytes of all the files together; None with stdin or a pipe among them.

    Raises
    ------
    DistillwatchError
        One of the files does not exist.
    """
    paths = [Path(name) for name in names if name != STDIN]
    for path in paths:
        if not path.exists():
            raise DistillwatchError(f"cannot read {path}: there is no such file")
    if len(paths) < len(names) or not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _open(name: str) -> io.BufferedReader:
    if name == STDIN:
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise DistillwatchError(f"cannot read {name}: {error.strerror}") from None


def _decompress(raw: io.BufferedReader) -> io.BufferedIOBase:
    first = raw.peek(4)
    if first.startswith(_GZIP):
        return gzip.open(raw)
    if first.startswith(_ZSTD):
        return io.BufferedReader(ZstdReader(raw), 1 << 16)
    return raw


def _lines(stream: io.BufferedIOBase, most: int) -> Iterator[tuple[bytes, bool]]:
    while text := stream.readline(most + 1):
        whole = len(text) <= most or text.endswith(b"\n")
        if not whole:
            _skip_line(stream, most)
        yield text.rstrip(b"\r\n"), whole


def _skip_line(stream: io.BufferedIOBase, step: int) -> None:
    while (text := stream.readline(step)) and not text.endswith(b"\n"):
        pass
