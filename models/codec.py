"""Compact binary reading and writing of state; no pickle."""

from __future__ import annotations

from struct import Struct, error

import numpy as np
from numpy.typing import NDArray

from models.errors import SnapshotError

_SIZE = Struct("<I")
_NUMBER = Struct("<q")
_REAL = Struct("<d")


class Writer:
    """Appends values; a `Reader` reads them back in the same order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def number(self, value: int) -> None:
        """Append a whole number of 64 bits."""
        self._parts.append(_NUMBER.pack(value))

    def word(self, value: int) -> None:
        """Append a hash of 64 bits."""
        self._parts.append(value.to_bytes(8, "little"))

    def real(self, value: float) -> None:
        """Append a float of 64 bits."""
        self._parts.append(_REAL.pack(value))

    def blob(self, value: bytes) -> None:
        """Append bytes with their length."""
        self._parts.append(_SIZE.pack(len(value)))
        self._parts.append(value)

    def text(self, value: str) -> None:
        """Append a text as UTF-8."""
        self.blob(value.encode())

    def array(self, value: NDArray[np.generic]) -> None:
        """Append the array's bytes; shape and type are the reader's to know."""
        self.blob(value.tobytes())

    def finish(self) -> bytes:
        """Return all that was written."""
        return b"".join(self._parts)


class Reader:
    """Reads what a `Writer` wrote.

    Raises
    ------
    SnapshotError
        From every method, where the bytes end early or do not fit.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """Read a whole number."""
        return int(self._unpack(_NUMBER))

    def word(self) -> int:
        """Read a hash of 64 bits."""
        return int.from_bytes(self._take(8), "little")

    def real(self) -> float:
        """Read a float."""
        return float(self._unpack(_REAL))

    def blob(self) -> bytes:
        """Read bytes."""
        return self._take(int(self._unpack(_SIZE)))

    def text(self) -> str:
        """Read a text."""
        try:
            return self.blob().decode()
        except UnicodeDecodeError:
            raise SnapshotError("a text in the snapshot is not UTF-8") from None

    def array(self, dtype: type[np.generic], shape: tuple[int, ...]) -> NDArray[np.generic]:
        """Read a writable array of this type and shape; -1 stands for the length that fits."""
        try:
            return np.frombuffer(bytearray(self.blob()), dtype).reshape(shape)
        except ValueError:
            raise SnapshotError("an array in the snapshot has another size than expected") from None

    def end(self) -> None:
        """Refuse bytes that nobody read."""
        if self._at != len(self._data):
            raise SnapshotError("the snapshot is longer than its contents")

    def _unpack(self, form: Struct) -> int | float:
        try:
            (value,) = form.unpack(self._take(form.size))
        except error:
            raise SnapshotError("the snapshot ends early") from None
        return value  # type: ignore[no-any-return]

    def _take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise SnapshotError("the snapshot ends early")
        self._at += size
        return part
