"""When to checkpoint: on time, after so many events, before partitions leave, and at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from models.errors import DeliveryError
from streams.batch_message import BatchMessage
from streams.checkpoint import Checkpointer
from streams.stage import Stage

log = structlog.get_logger(__name__)

CROWDED, FULL = 0.5, 1.0
"""How much of the room that checkpoints free may be taken until one begins, and until it is waited for."""


class Pipeline:
    """The stages of a worker and their checkpoints.

    Parameters
    ----------
    stages
        In the order of the stream.
    checkpointer
        Of those stages.
    seconds, events
        Longest time and most events between two checkpoints.
    """

    def __init__(
        self, stages: Sequence[Stage], checkpointer: Checkpointer, *, seconds: float, events: int
    ) -> None:
        self._stages = stages
        self._checkpointer = checkpointer
        self._seconds = seconds
        self._events = events
        self._since = 0
        self._due = asyncio.Event()
        self._given_up = False

    async def process(self, stage: Stage, batch: BatchMessage) -> None:
        """Let a stage process a batch, and note when it is time for a checkpoint.

        Where no memory is left but what the checkpoint under way will free, it is waited for.
        """
        if stage.crowd() > FULL:
            await self._checkpointer.done()
        try:
            count = await stage.process(batch)  # `+=` over an await would forget what the other stage added
        except Exception:
            self.give_up()
            raise
        self._since += count
        if self._is_due():
            self._due.set()

    def give_up(self) -> None:
        """Begin no checkpoint any more: what failed may be applied, and what follows from it not posted."""
        self._given_up = True

    async def checkpoint_for_ever(self) -> None:
        """Write checkpoints when they are due, until somebody gives up.

        Raises
        ------
        DeliveryError
            One could not be written; the worker must end.
        """
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), self._seconds)
            if self._given_up:
                return
            self._since = 0
            await self._checkpointer.run()
            if not self._is_due():  # what was crowded when it began is not any more
                self._due.clear()

    def _is_due(self) -> bool:
        return self._since >= self._events or any(stage.crowd() > CROWDED for stage in self._stages)

    async def leave(self, seconds: float) -> None:
        """Halt, write a last checkpoint, and forget everything: the partitions are about to leave.

        Parameters
        ----------
        seconds
            How long it may take before somebody else may have the partitions.

        Raises
        ------
        DeliveryError
            The checkpoint could not be written, or not in time; the worker must end.
        """
        for stage in self._stages:
            stage.halt()
        try:
            if not self._given_up:
                await asyncio.wait_for(self._checkpointer.run(), seconds)
        except TimeoutError:
            raise DeliveryError(
                f"the last checkpoint was not written in {seconds:g} s; what it would have held is read again"
            ) from None
        finally:
            for stage in self._stages:
                stage.reset()
