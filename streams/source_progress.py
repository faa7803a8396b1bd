"""How far all partitions of all source topics have come, as one partition of ours hears it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.population.progress import Progress
from streams.population_records import Mark

Partitions = Callable[[], Mapping[str, int]]
"""Returns how many partitions each source topic has, the first source first."""


class SourceProgress:
    """Event time that every partition of every source has reached.

    Parameters
    ----------
    partitions
        How many each source topic has, the first source first. A mark that names no topic is of that one.
    """

    def __init__(self, partitions: Mapping[str, int]) -> None:
        self._first = next(iter(partitions), "")
        self._begins: dict[str, int] = {}
        total = 0
        for topic, count in partitions.items():
            self._begins[topic] = total
            total += count
        self._partitions = partitions
        self._progress = Progress(total)

    def hear(self, mark: Mark, known: int) -> None:
        """Take in what intake says of a partition; one of a topic that is no source any more is left out.

        `known` is the newest event time in ms of the requests that were judged before. They came from the
        sources, so some of their partitions have reached it. Whoever began anew knows no more of them as long
        as nothing comes: intake, which began anew as well, says of those that rest that their time is 0.
        """
        topic = mark.topic or self._first
        if mark.partition >= self._partitions.get(topic, 0):
            return
        number = self._begins[topic] + mark.partition
        self._progress.reach(number, mark.time)
        if mark.idle:
            self._progress.rest(number, known)

    @property
    def all(self) -> int:
        """The event time in ms that every partition has reached; 0 while one has not said anything."""
        return self._progress.all
