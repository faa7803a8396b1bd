"""Looks twice a second for partitions of the source to which nothing comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from faust.types import TP

from streams.faust_app import DistillwatchApp

LOOK_SECONDS = 0.5


class Resting(Protocol):
    """A stage that reads the source."""

    async def rest(self, waiting: Mapping[TP, bool]) -> None:
        """Hear of each of our partitions whether anything waits there."""


class Rest:
    """Tells the stage that reads the source to which of our partitions nothing comes."""

    def __init__(self, app: DistillwatchApp, stage: Resting) -> None:
        self._app = app
        self._stage = stage

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._app.hindrance():
                await self._stage.rest(self._app.lane.waiting())
