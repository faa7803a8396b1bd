"""How far the partitions have come, so that a batch is closed once and with all that belongs to it."""

from __future__ import annotations


class Progress:
    """Event time that each partition has reached.

    Parameters
    ----------
    partitions
        How many there are.
    """

    def __init__(self, partitions: int) -> None:
        self._times = dict.fromkeys(range(partitions), 0)

    def reach(self, partition: int, time: int) -> None:
        """Note that a partition has judged everything up to an event time in ms; it never goes back."""
        if partition in self._times:
            self._times[partition] = max(self._times[partition], time)

    @property
    def all(self) -> int:
        """The event time in ms that every partition has reached; 0 while one has not said anything."""
        return min(self._times.values(), default=0)
