"""How far the partitions have come, so that a batch is closed once and with all that belongs to it."""

from __future__ import annotations

from models.codec import Reader, Writer
from models.sketch import MAX_PARTITION

DISORDER_MS = 60_000
"""Requests of a partition may be so much out of order without coming too late for their batch."""


class Progress:
    """Event time that each partition has reached.

    A partition that has nothing to judge says so from time to time. What the others had reached when it said
    so last, it has reached by now: had there been anything for it from before, it would have come meanwhile.

    Parameters
    ----------
    partitions
        How many there are.
    """

    def __init__(self, partitions: int) -> None:
        self._times = dict.fromkeys(range(partitions), 0)
        self._when_resting: dict[int, int] = {}

    def reach(self, partition: int, time: int) -> None:
        """Note that a partition has judged everything up to an event time in ms; it never goes back."""
        if partition in self._times:
            self._times[partition] = max(self._times[partition], time)

    def rest(self, partition: int, known: int = 0) -> None:
        """Note that a partition has had nothing to judge for a while.

        `known` is an event time in ms that some partition had reached by then, where more is known than said.
        """
        self.reach(partition, self._when_resting.get(partition, 0))
        self._when_resting[partition] = max(known, self.newest)

    @property
    def newest(self) -> int:
        """The event time in ms that any partition has reached; 0 if none has said anything."""
        return max(self._times.values(), default=0)

    @property
    def all(self) -> int:
        """The event time in ms that every partition has reached; 0 while one has not said anything."""
        return min(self._times.values(), default=0)

    @property
    def settled(self) -> int:
        """The event time in ms before which no request is to be expected any more."""
        return max(0, self.all - DISORDER_MS)

    def dump(self, out: Writer) -> None:
        """Write the times; who rests has to say it anew."""
        out.number(len(self._times))
        for time in self._times.values():
            out.number(time)

    def load(self, source: Reader) -> None:
        """Read the times; a partition that was not there then has not said anything."""
        times = [source.time() for _ in range(source.count(MAX_PARTITION))]
        self._times = {n: times[n] if n < len(times) else 0 for n in self._times}
        self._when_resting.clear()
