"""Faust's restoring of tables, but for one thing: it does not stop in silence.

Faust waits so many seconds for each step of taking over partitions, and mode reports a wait that was too long
as if the service had been told to stop. Faust's recovery then ends: the worker keeps its partitions, answers
the group's coordinator, and reads nothing for ever.
"""

from __future__ import annotations

import logging

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery, ServiceStopped
from mode.services import WaitArgT
from mode.utils.times import Seconds, want_seconds

from models.errors import BrokerError

LOGGER = logging.getLogger("faust.tables")
REQUESTS_IN_A_STEP = 4


class StrictRecovery(Recovery):
    """A recovery that fails when the broker does not answer."""

    logger = LOGGER

    async def _wait(self, coro: WaitArgT, timeout: Seconds | None = None) -> None:  # noqa: ASYNC109 - the signature is Faust's
        """Wait for a step, or for another rebalance.

        Raises
        ------
        BrokerError
            The step has not ended in the time that its requests may take; the worker must end.
        """
        seconds = None if timeout is None else REQUESTS_IN_A_STEP * want_seconds(timeout)
        try:
            await super()._wait(coro, seconds)
        except ServiceStopped:
            if self.should_stop or seconds is None:
                raise
            raise BrokerError(
                f"partitions could not be taken over: the broker has not answered in {seconds:g} s"
            ) from None


class StrictTableManager(TableManager):
    """A table manager with such a recovery."""

    logger = LOGGER

    @property
    def recovery(self) -> Recovery:
        """Recovery service used by this table manager."""
        if self._recovery is None:
            self._recovery = StrictRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
