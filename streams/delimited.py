"""Protobuf messages in a file: each with its length as a varint before it, or one that is the whole file.

A length before the message is what Protobuf's own libraries write to files. A single record as it stood on a
topic has none. The two are told apart by the first bytes: a message of OTLP begins with the byte 10, the tag
of its only field; read as a length that would be a message of ten bytes, and such a one begins with 10 again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

_TAG = 10
_STEP = 1 << 20
_LONGEST_VARINT = 5


def messages(stream: io.BufferedIOBase, most: int) -> Iterator[tuple[bytes, bool]]:
    """Yield the messages of a file, and whether each is whole; of one beyond `most` bytes nothing is kept.

    Raises
    ------
    EOFError
        The file ends within a message, or a length cannot be read.
    """
    first = stream.read(2)
    if first[:1] == bytes([_TAG]) and first[1:] != bytes([_TAG]):
        yield _whole(first + stream.read(most), most)
        return
    rest: io.BufferedIOBase = _After(first, stream)
    while (size := _size(rest)) is not None:
        if size > most:
            _skip(rest, size)
            yield b"", False
        else:
            yield _exactly(rest, size), True


class _After(io.BufferedIOBase):
    """A stream of which some bytes were read already."""

    def __init__(self, first: bytes, rest: io.BufferedIOBase) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any stream does."""
        if not self._first:
            return self._rest.read(size)
        wanted = len(self._first) if size is None or size < 0 else size
        taken, self._first = self._first[:wanted], self._first[wanted:]
        return taken + self._rest.read(-1 if size is None or size < 0 else size - len(taken))


def _whole(value: bytes, most: int) -> tuple[bytes, bool]:
    return (value, True) if len(value) <= most else (b"", False)


def _size(stream: io.BufferedIOBase) -> int | None:
    """Read a length; nothing at the end of the file."""
    size = 0
    for place in range(_LONGEST_VARINT):
        byte = stream.read(1)
        if not byte:
            if place == 0:
                return None
            raise EOFError
        size |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:  # noqa: PLR2004  the highest bit says that more follows
            return size
    raise EOFError


def _exactly(stream: io.BufferedIOBase, size: int) -> bytes:
    value = stream.read(size)
    if len(value) < size:
        raise EOFError
    return value


def _skip(stream: io.BufferedIOBase, size: int) -> None:
    while size > 0:
        size -= len(_exactly(stream, min(size, _STEP)))
