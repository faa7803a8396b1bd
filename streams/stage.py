"""What both stages share: batches in chunks, and a halt between two of them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from faust.types import TP

from streams.batch_message import BatchMessage
from streams.checkpoint import Frozen
from streams.deliveries import Deliveries
from streams.record import Record
from streams.steps import OnStep, Step, ignore

CHUNK = 512
TURNS = 16
"""Turns of the event loop between two chunks: to send, or a step of a checkpoint, takes about so many."""


class Stage(ABC):
    """Processes the batches of one topic.

    A chunk is processed in one synchronous step, records to be sent included; between two chunks anything may
    happen, such as a checkpoint or the loss of all partitions.

    Parameters
    ----------
    deliveries
        Of this stage alone.
    on_step
        Told of the steps of delivery as they are reached.
    """

    handed_over: ClassVar[Step]
    """The step that is reached when a chunk's records are with the producer."""

    def __init__(self, deliveries: Deliveries, on_step: OnStep = ignore) -> None:
        self._deliveries = deliveries
        self._on_step = on_step
        self._halted = False
        self._epoch = 0

    async def process(self, batch: BatchMessage) -> int:
        """Process a batch and return how many of its records were looked at: all, unless halted."""
        epoch = self._epoch
        await self.open(batch.tp)
        count = 0
        for chunk in batch.chunks(CHUNK):
            await self.prepare(chunk)
            if self._halted or epoch != self._epoch:
                break
            self.step(batch.tp, chunk)
            await self._deliveries.flush()
            self._on_step(self.handed_over)
            await _give_way()
            count += len(chunk)
        return count

    async def open(self, tp: TP) -> None:  # noqa: B027 - not every stage has to
        """Prepare for records of a partition."""

    async def prepare(self, records: Sequence[Record]) -> None:  # noqa: B027 - not every stage has to
        """Get what is needed to process a chunk; what it raises ends the worker."""

    @abstractmethod
    def step(self, tp: TP, records: Sequence[Record]) -> None:
        """Process a chunk and post what follows from it."""

    def crowd(self) -> float:
        """Tell how much of the memory is taken that only a checkpoint frees; 1 where all of it is."""
        return 0.0

    @abstractmethod
    def freeze(self) -> Frozen:
        """Return what was done since the last call, in one synchronous step."""

    async def flush(self) -> None:
        """Hand over what was posted, as `freeze` may have."""
        await self._deliveries.flush()

    def halt(self) -> None:
        """Process nothing more until `reset`."""
        self._halted = True

    def reset(self) -> None:
        """Forget everything and begin anew, after the checkpoint that follows `halt`."""
        self._epoch += 1
        self._halted = False


async def _give_way() -> None:
    """Let others do what they can do without waiting; by single turns they would wait for a chunk each."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
