"""Looks twice a second for partitions of the source to which nothing comes, and lets marks go out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from faust.types import TP

from streams.faust_app import DistillwatchApp

LOOK_SECONDS = 0.5


class Resting(Protocol):
    """A stage that says how far it is."""

    async def rest(self, waiting: Mapping[TP, bool]) -> None:
        """Hear of each of our partitions whether anything waits there."""


class Rest:
    """Tells stages to which of our partitions nothing comes."""

    def __init__(self, app: DistillwatchApp, stages: Sequence[Resting]) -> None:
        self._app = app
        self._stages = stages

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._app.hindrance():
                waiting = self._app.lane.waiting()
                for stage in self._stages:
                    await stage.rest(waiting)
