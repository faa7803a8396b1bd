"""The first stage: source records become sketches keyed by tenant, and bad records dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from faust.types import TP

from models.sketch import encode_sketch
from streams.checkpoint import Frozen
from streams.deliveries import Deliveries
from streams.metrics import Metrics
from streams.reading import RequestReader
from streams.stage import Stage
from streams.steps import OnStep, Step, ignore


class Intake(Stage):
    """Forwards batches of the source topic; keeps nothing but positions.

    What is read again after a crash is forwarded again, in the same order, and detect recognises it by its
    source offset.

    Parameters
    ----------
    reader
        Of source records.
    deliveries
        Of this stage alone.
    sketches, dead_letters
        Topics to write to.
    """

    handed_over: ClassVar[Step] = "forwarded"

    def __init__(
        self,
        reader: RequestReader,
        deliveries: Deliveries,
        *,
        sketches: str,
        dead_letters: str,
        metrics: Metrics,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._reader = reader
        self._sketches = sketches
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._positions: dict[TP, int] = {}
        self._committed: dict[TP, int] = {}

    def step(self, tp: TP, records: Sequence[ConsumerRecord]) -> None:
        """Forward a chunk, but for what was forwarded since the partition came to us."""
        position = self._positions.get(tp, 0)
        fresh = [record for record in records if record.offset >= position]
        if not fresh:
            return
        with self._metrics.batch("intake", len(fresh)):
            reading = self._reader.read(fresh)
            for _, sketch in reading.sketches:
                self._deliveries.post(self._sketches, sketch.tenant.encode(), encode_sketch(sketch))
            for letter in reading.dead_letters:
                self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            self._positions[tp] = fresh[-1].offset + 1
        self._metrics.read("intake", reading)

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
