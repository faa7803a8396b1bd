"""Files of events, a record a line or a message: plain, gzip or zstandard, or stdin as `-`."""

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
    """

    file: str
    number: int
    value: bytes
    whole: bool = True


class EventFile:
    """Reads one file record by record in constant memory; the compression is told by the first bytes.

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
            The file breaks off or is damaged; names the last good line.
        """
        number = 0
        try:
            with self._raw, _decompress(self._raw) as stream:
                records = messages(stream, self._limit) if self._delimited else _lines(stream, self._limit)
                for value, whole in records:
                    number += 1
                    yield Line(self.name, number, value, whole)
        except _DAMAGE as error:
            detail = f"{self.name} is damaged after line {number} ({type(error).__name__}); restore the file"
            raise DistillwatchError(detail) from error


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
