"""How the tenants stand that are nearest to an alert, for a thread that the models do not belong to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future

from models.readings import rule_readings
from models.tenant import TenantModel
from streams.tenant_collector import Standing, Standings

PATIENCE_SECONDS = 2.0
"""A chunk takes a few hundredths of a second; a loop that has no time for so long has other troubles."""

Nearest = Callable[[int, Collection[str]], tuple[list[TenantModel], int]]
"""Given how many and who was named the last time, returns the nearest to an alert, and how many there are."""


class InLoop:
    """Asks in the loop in which it was made, from any thread.

    Parameters
    ----------
    nearest
        Called in the loop's thread.
    """

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def __call__(self, most: int, known: Collection[str]) -> Standings:
        """Return how they stand; nothing once the loop has ended.

        Raises
        ------
        TimeoutError
            The loop has no time.
        """
        if threading.get_ident() == self._thread:
            return self._look(most, known)
        answer: Future[Standings] = Future()
        try:
            self._loop.call_soon_threadsafe(self._answer, answer, most, known)
        except RuntimeError:  # it is closed
            return Standings()
        return answer.result(PATIENCE_SECONDS)

    def _answer(self, answer: Future[Standings], most: int, known: Collection[str]) -> None:
        try:
            answer.set_result(self._look(most, known))
        except Exception as error:  # noqa: BLE001 - it is for the thread that asked
            answer.set_exception(error)

    def _look(self, most: int, known: Collection[str]) -> Standings:
        found, live = self._nearest(most, known)
        return Standings([standing_of(tenant) for tenant in found], live)


def standing_of(tenant: TenantModel) -> Standing:
    """Return a copy of how a tenant stands."""
    readings = (*tenant.readings.values(), *rule_readings(tenant.state))
    return Standing(tenant.name, tenant.episode.state, tenant.evidence, tenant.threshold, readings)
