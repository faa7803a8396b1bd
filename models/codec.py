"""Compact binary reading and writing of state; no pickle."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from struct import Struct, error
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS

YEAR_MS = 366 * 86_400_000
MOST_COUNT = 2**53
"""More than can be counted, and few enough that counting on never leaves 64 bits."""

LARGEST = 1e30
"""Beyond any number that a state reaches, and small enough that arithmetic on it stays finite."""

Parsed = TypeVar("Parsed")

_SIZE = Struct("<I")
_SMALL = Struct("<B")
_LABEL_SIZE = Struct("<H")
_NUMBER = Struct("<q")
_REAL = Struct("<d")
_OUT_OF_RANGE = "the snapshot holds a value out of its range"


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

    def small(self, value: int) -> None:
        """Append a whole number of 8 bits."""
        self._parts.append(_SMALL.pack(value))

    def half(self, value: int) -> None:
        """Append a whole number of 32 bits."""
        self._parts.append(_SIZE.pack(value))

    def raw(self, value: bytes) -> None:
        """Append bytes without their length."""
        self._parts.append(value)

    def label(self, value: str) -> None:
        """Append a short text as UTF-8, at most 65,535 bytes long."""
        text = value.encode()
        self._parts.append(_LABEL_SIZE.pack(len(text)))
        self._parts.append(text)

    def array(self, value: NDArray[np.generic]) -> None:
        """Append the array's bytes; shape and type are the reader's to know."""
        self.blob(value.tobytes())

    def finish(self) -> bytes:
        """Return all that was written."""
        return b"".join(self._parts)


class Reader:
    """Reads what a `Writer` wrote, and nothing that lies outside its stated range.

    A part of a state that was read in range can be used, whoever wrote the bytes.

    Raises
    ------
    SnapshotError
        From every method, where the bytes end early, do not fit or are out of range.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, least: int = -(2**63), most: int = 2**63 - 1) -> int:
        """Read a whole number, both ends included."""
        value = int(self._unpack(_NUMBER))
        if not least <= value <= most:
            raise SnapshotError(_OUT_OF_RANGE)
        return value

    def count(self, most: int = MOST_COUNT) -> int:
        """Read a whole number from 0."""
        return self.number(0, most)

    def time(self) -> int:
        """Read Unix milliseconds, or 0 for none; what is planned may lie a year behind the last event."""
        value = self.number(0, LATEST_MS + YEAR_MS)
        if 0 < value < EARLIEST_MS:
            raise SnapshotError(_OUT_OF_RANGE)
        return value

    def word(self) -> int:
        """Read a hash of 64 bits."""
        return int.from_bytes(self._take(8), "little")

    def real(self, least: float = -LARGEST, most: float = LARGEST) -> float:
        """Read a finite float, both ends included."""
        value = float(self._unpack(_REAL))
        if not least <= value <= most:  # not a number compares as false
            raise SnapshotError(_OUT_OF_RANGE)
        return value

    def blob(self, most: int = 2**32 - 1) -> bytes:
        """Read at most so many bytes."""
        size = int(self._unpack(_SIZE))
        if size > most:
            raise SnapshotError(_OUT_OF_RANGE)
        return self._take(size)

    def text(self, most: int = 2**32 - 1) -> str:
        """Read a text of at most so many bytes."""
        try:
            return self.blob(most).decode()
        except UnicodeDecodeError:
            raise SnapshotError("a text in the snapshot is not UTF-8") from None

    def small(self, most: int = 255) -> int:
        """Read a whole number of 8 bits."""
        value = int(self._unpack(_SMALL))
        if value > most:
            raise SnapshotError(_OUT_OF_RANGE)
        return value

    def half(self, most: int = 2**32 - 1) -> int:
        """Read a whole number of 32 bits."""
        value = int(self._unpack(_SIZE))
        if value > most:
            raise SnapshotError(_OUT_OF_RANGE)
        return value

    def label(self, most: int) -> str:
        """Read a short text of at most so many bytes."""
        size = int(self._unpack(_LABEL_SIZE))
        if size > most:
            raise SnapshotError(_OUT_OF_RANGE)
        try:
            return self._take(size).decode()
        except UnicodeDecodeError:
            raise SnapshotError("a text in the snapshot is not UTF-8") from None

    def take(self, size: int) -> bytes:
        """Read so many bytes as they are."""
        return self._take(size)

    def fields(self, form: Struct) -> tuple[Any, ...]:
        """Read what a structure packs, in one go; its values are the caller's to check."""
        try:
            values = form.unpack_from(self._data, self._at)
        except error:
            raise SnapshotError("the snapshot ends early") from None
        self._at += form.size
        return values

    def parsed(self, parse: Callable[[bytes, int], tuple[Parsed, int]]) -> Parsed:
        """Read what a function makes of the bytes from a place on, and go on where it says that it ended."""
        try:
            found, self._at = parse(self._data, self._at)
        except error:
            raise SnapshotError("the snapshot ends early") from None
        except UnicodeDecodeError:
            raise SnapshotError("a text in the snapshot is not UTF-8") from None
        return found

    def array(
        self, dtype: type[np.generic], shape: tuple[int, ...], least: float | None = None, most: float = inf
    ) -> NDArray[np.generic]:
        """Read a writable array of this type and shape; -1 stands for the length that fits.

        With `least`, every value must lie between it and `most`, both included.
        """
        try:
            array = np.frombuffer(bytearray(self.blob()), dtype).reshape(shape)
        except ValueError:
            raise SnapshotError("an array in the snapshot has another size than expected") from None
        if least is not None and array.size and not (array.min() >= least and array.max() <= most):
            raise SnapshotError(_OUT_OF_RANGE)
        return array

    def end(self) -> None:
        """Refuse bytes that nobody read."""
        if self._at != len(self._data):
            raise SnapshotError("the snapshot is longer than its contents")

    def _unpack(self, form: Struct) -> int | float:
        (value,) = self.fields(form)
        return value  # type: ignore[no-any-return]

    def _take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise SnapshotError("the snapshot ends early")
        self._at += size
        return part
