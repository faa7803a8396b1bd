"""Reading zstandard so that a file that breaks off is noticed; the library's own reader just ends."""

from __future__ import annotations

import io
from typing import Protocol

import zstandard


class _Frame(Protocol):
    """What decompresses one frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes) -> bytes: ...


class ZstdReader(io.RawIOBase):
    """Decompresses all frames of a stream.

    Raises
    ------
    EOFError
        The stream ends within a frame.
    """

    _CHUNK = 1 << 9  # of which at most 16 MiB can come

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._frame: _Frame | None = None
        self._waiting = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as one chunk goes; 0 at the end."""
        while not self._waiting:
            data = self._source.read1(self._CHUNK)
            if not data:
                if self._frame is not None:
                    raise EOFError("the stream ends within a frame")
                return 0
            self._waiting = memoryview(self._decompress(data))
        size = min(len(buffer), len(self._waiting))
        buffer[:size], self._waiting = self._waiting[:size], self._waiting[size:]
        return size

    def _decompress(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        while data:
            frame = self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            parts.append(frame.decompress(data))
            data = b""
            if frame.eof:
                data, self._frame = frame.unused_data, None
        return b"".join(parts)
