"""Looks once a second at how the worker gets on."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from models.tenant import TenantModel
from streams.faust_app import DistillwatchApp
from streams.metrics import Metrics

LOOK_SECONDS = 1.0
ASK_SECONDS = 5.0


class Watch:
    """Keeps the lag and the load up to date, and says that there is progress where nothing waits.

    What the consumer knows of a partition's end it knows from its fetches, and a consumer that hangs fetches
    nothing. Before we believe that nothing waits, the broker is asked.

    Parameters
    ----------
    tenants
        Live tenants and their models.
    on_tenants
        Given them every second, if anybody wants them.
    """

    def __init__(
        self,
        app: DistillwatchApp,
        metrics: Metrics,
        tenants: Callable[[], Iterable[tuple[str, TenantModel]]],
        on_tenants: Callable[[Mapping[str, TenantModel]], None] | None = None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._tenants = tenants
        self._on_tenants = on_tenants
        self._asked = 0.0
        self._looked = time.monotonic()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            before, self._looked = self._looked, time.monotonic()
            self._metrics.looked(self._looked - before)
            await self._look()
            if self._on_tenants:
                self._on_tenants(dict(self._tenants()))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        waiting = self._app.lane.lag()
        due = time.monotonic() - self._asked > ASK_SECONDS
        if due and not any(waiting.values()) and not self._app.hindrance():
            waiting = {**waiting, **await self._ask()}
            self._asked = 0.0 if any(waiting.values()) else time.monotonic()
        self._metrics.waiting(waiting)
        if not any(waiting.values()) and not self._app.hindrance():
            self._metrics.liveness.progress()

    async def _ask(self) -> Mapping[str, int]:
        """Return how many records wait, by topic, as far as the broker can be asked."""
        before = self._app.lane.positions()
        try:
            ends = await self._app.lane.highwaters(*before)
        except KafkaError:
            return {}
        now, found = self._app.lane.positions(), Counter[str]()
        for tp, end in ends.items():
            if before.get(tp) == now.get(tp, -1):
                found[tp.topic] += max(0, end - now[tp])
        return found
