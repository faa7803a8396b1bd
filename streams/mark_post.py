"""Says how far partitions are, on whatever topic the marks are posted."""

from __future__ import annotations

import time as clocks
from collections.abc import Callable

from models.population.newcomers import BATCH_MS
from models.population.progress import DISORDER_MS
from streams.population_records import Mark

LONGEST_BLINK = 2.0
"""Seconds between two looks after which nobody knows whether nothing waited meanwhile."""


class MarkPost:
    """Posts a mark when a partition crosses the border of a batch of event time.

    A partition to which nothing has come for a while says so, again and again.

    Parameters
    ----------
    post
        Posts a mark, in order.
    idle_seconds
        How long nothing must have come.
    clock
        Seconds that pass.
    of_templates
        Whether the partitions are those of the fingerprint topic.
    topic
        The source topic that the partitions are of, if they are of one.
    """

    def __init__(
        self,
        post: Callable[[Mark], None],
        idle_seconds: float,
        clock: Callable[[], float] = clocks.monotonic,
        *,
        of_templates: bool = False,
        topic: str = "",
    ) -> None:
        self._post = post
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._of_templates = of_templates
        self._topic = topic
        self._batches: dict[int, int] = {}
        self._quiet_since: dict[int, float] = {}
        self._looked: dict[int, float] = {}

    def reach(self, partition: int, time: int) -> None:
        """Hear how far a partition is, in event time in ms."""
        self._quiet_since.pop(partition, None)
        batch = (time - DISORDER_MS) // BATCH_MS
        if self._batches.get(partition) != batch:
            self._batches[partition] = batch
            self._mark(partition, time, idle=False)

    def rest(self, partition: int, time: int, *, waits: bool) -> None:
        """Look at a partition: whether anything waits there, and how far it is, in event time in ms."""
        now = self._clock()
        blinked = now - self._looked.get(partition, now) > LONGEST_BLINK
        self._looked[partition] = now
        if waits or blinked:
            self._quiet_since.pop(partition, None)
        elif now - self._quiet_since.setdefault(partition, now) >= self._idle_seconds:
            self._quiet_since[partition] = now
            self._mark(partition, time, idle=True)

    def reset(self) -> None:
        """Forget the partitions."""
        self._batches.clear()
        self._quiet_since.clear()
        self._looked.clear()

    def _mark(self, partition: int, time: int, *, idle: bool) -> None:
        self._post(Mark(partition, time, idle, self._of_templates, self._topic))
