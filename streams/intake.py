"""The first stage: records of a source become sketches keyed by tenant, and bad records dead letters."""

from __future__ import annotations

import time as clocks
from collections.abc import Mapping, Sequence
from typing import ClassVar

from faust.types import TP

from models.wire import values_of
from streams.checkpoint import Frozen
from streams.deliveries import Deliveries
from streams.mark_post import MarkPost
from streams.metrics import Metrics
from streams.reading import RequestReader
from streams.record import Record, from_offset
from streams.stage import Stage
from streams.steps import OnStep, Step, ignore


class Intake(Stage):
    """Forwards batches of one source topic; keeps nothing but positions.

    What is read again after a crash is forwarded again, in the same order, and detect recognises it by its
    source offset.

    Parameters
    ----------
    topic
        The source topic.
    reader
        Of its records.
    deliveries
        Of this stage alone.
    sketches, dead_letters
        Topics to write to.
    marks
        Posts how far the partitions are, by the same deliveries, if anybody wants to know.
    """

    handed_over: ClassVar[Step] = "forwarded"

    def __init__(
        self,
        topic: str,
        reader: RequestReader,
        deliveries: Deliveries,
        *,
        sketches: str,
        dead_letters: str,
        metrics: Metrics,
        marks: MarkPost | None = None,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._topic = topic
        self._reader = reader
        self._sketches = sketches
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._marks = marks
        self._positions: dict[TP, int] = {}
        self._times: dict[int, int] = {}
        self._committed: dict[TP, int] = {}

    async def prepare(self, records: Sequence[Record]) -> None:
        """Get what is needed to read a chunk."""
        await self._reader.prepare(records)

    def step(self, tp: TP, records: Sequence[Record]) -> None:
        """Forward a chunk, but for what was forwarded since the partition came to us."""
        position = self._positions.get(tp, 0)
        fresh = from_offset(records, position)
        if not fresh:
            return
        with self._metrics.batch("intake", len(fresh)):
            reading = self._reader.read(fresh)
            requests = reading.requests
            for tenant, value in zip(requests.tenants, values_of(requests), strict=True):
                self._deliveries.post(self._sketches, tenant.encode(), value)
            for letter in reading.dead_letters:
                self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            self._positions[tp] = fresh[-1].offset + 1
            self._mark(tp.partition, int(requests.rows["time"].max(initial=0)))
        self._metrics.read("intake", reading)

    async def rest(self, waiting: Mapping[TP, bool]) -> None:
        """Say of partitions that nothing has come for a while."""
        if self._marks is None or self._halted:
            return
        for tp, waits in waiting.items():
            if tp.topic == self._topic:
                self._marks.rest(tp.partition, self._times.get(tp.partition, 0), waits=waits)
        await self._deliveries.flush()

    def _mark(self, partition: int, newest: int) -> None:
        """Say how far a partition is; a clock that is ahead must not make the others look late."""
        if self._marks is not None and newest:
            newest = min(newest, int(clocks.time() * 1000))
            self._times[partition] = max(self._times.get(partition, 0), newest)
            self._marks.reach(partition, self._times[partition])

    def freeze(self) -> Frozen:
        """Return what was forwarded since the last call."""
        positions = {tp: at for tp, at in self._positions.items() if self._committed.get(tp) != at}
        self._committed.update(positions)
        return Frozen(self._deliveries.cut(), positions)

    def reset(self) -> None:
        """Forget the positions."""
        super().reset()
        self._positions.clear()
        self._committed.clear()
        self._times.clear()
        if self._marks is not None:
            self._marks.reset()
