"""Requests that reached us twice: a producer that is not sure sends again."""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from models.codec import Reader, Writer
from models.errors import SnapshotError
from models.sketch import Sketch

REMEMBERED = 128
"""Requests of a tenant that are remembered; who sends again sends what was sent last."""

_PLACE = Struct("<qQ")
_MARK = Struct("<I")


class Repeats:
    """Recognises a request that has the id, the time and the prompt of a recent one.

    The id alone would not do: where a client may choose it, a constant one would hide all but the first of
    its requests. A mark has 32 bits, so that of a billion requests about 30 are taken for repeats.
    """

    def __init__(self) -> None:
        self._marks = bytearray()
        self._next = 0  # where the next mark goes once there are enough, in bytes

    def seen(self, x: Sketch) -> bool:
        """Tell whether a request is a repeat, and remember it if it is not."""
        mark = _MARK.pack(crc32(x.id.encode(), crc32(_PLACE.pack(x.time, x.whole))))
        if self._holds(mark):
            return True
        self._marks[self._next : self._next + _MARK.size] = mark
        self._next = (self._next + _MARK.size) % (REMEMBERED * _MARK.size)
        return False

    def _holds(self, mark: bytes) -> bool:
        at = self._marks.find(mark)
        while at % _MARK.size and at >= 0:  # found across two marks
            at = self._marks.find(mark, at + 1)
        return at >= 0

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.blob(bytes(self._marks))
        out.number(self._next)

    def load(self, source: Reader) -> None:
        """Read the state."""
        marks, following = source.blob(), source.number()
        size = len(marks)
        full = size == REMEMBERED * _MARK.size
        fits = 0 <= following < REMEMBERED * _MARK.size if full else following == size
        if size > REMEMBERED * _MARK.size or size % _MARK.size or following % _MARK.size or not fits:
            raise SnapshotError("the snapshot holds marks of requests that cannot be")
        self._marks, self._next = bytearray(marks), following
