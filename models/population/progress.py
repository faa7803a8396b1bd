"""How far the partitions have come, so that a batch is closed once and with all that belongs to it."""

from __future__ import annotations

from models.codec import Reader, Writer
from models.sketch import MAX_PARTITION

DISORDER_MS = 60_000
"""Requests of a partition may be so much out of order without coming too late for their batch."""


class Progress:
    """Event time that each partition has reached.

    A partition that has nothing to judge is idle: it is as far as the farthest of all, and holds up nobody.

    Parameters
    ----------
    partitions
        How many there are.
    """

    def __init__(self, partitions: int) -> None:
        self._times = dict.fromkeys(range(partitions), 0)
        self._idle: set[int] = set()

    def reach(self, partition: int, time: int, *, idle: bool = False) -> None:
        """Note that a partition has judged everything up to an event time in ms; it never goes back."""
        if partition in self._times:
            self._times[partition] = max(self._times[partition], time)
            (self._idle.add if idle else self._idle.discard)(partition)

    @property
    def newest(self) -> int:
        """The event time in ms that any partition has reached; 0 if none has said anything."""
        return max(self._times.values(), default=0)

    @property
    def all(self) -> int:
        """The event time in ms that every partition has reached; 0 while one has not said anything."""
        return min((time for n, time in self._times.items() if n not in self._idle), default=self.newest)

    @property
    def settled(self) -> int:
        """The event time in ms before which no request is to be expected any more."""
        return max(0, self.all - DISORDER_MS)

    def dump(self, out: Writer) -> None:
        """Write the times; who is idle has to be said anew."""
        out.number(len(self._times))
        for time in self._times.values():
            out.number(time)

    def load(self, source: Reader) -> None:
        """Read the times; a partition that was not there then has not said anything."""
        times = [source.time() for _ in range(source.count(MAX_PARTITION))]
        self._times = {n: times[n] if n < len(times) else 0 for n in self._times}
        self._idle.clear()
