"""The time that tenants spend without an alert: what false alerts are counted against."""

from __future__ import annotations

from collections import Counter

from models.episode import State

CLEAN = (State.NORMAL, State.SUSPICIOUS)
"""Where an alert can open."""

SECOND_MS = 1000


class CleanTime:
    """Adds up event time over tenants, from how many there are at two moments (the trapezoidal rule)."""

    def __init__(self) -> None:
        self._time = 0
        self._tenants = 0

    def passed(self, time: int, states: Counter[State]) -> float:
        """Return the seconds of event time, added up over tenants, since the last call.

        Parameters
        ----------
        time
            Event time in Unix milliseconds; 0 before the first request. What passed before the first call
            is not known, and not counted.
        states
            How many tenants stand where.
        """
        before, tenants = (self._time, self._tenants), sum(states[state] for state in CLEAN)
        self._time, self._tenants = time, tenants
        passed = max(0, time - before[0]) if before[0] else 0
        return passed / SECOND_MS * (before[1] + tenants) / 2
