"""How a tenant's episode stands, for whoever looks at it; its rules are in `models.core.episode`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from models.core import episode


class State(IntEnum):
    """Where a tenant stands."""

    WARMING = episode.WARMING
    NORMAL = episode.NORMAL
    SUSPICIOUS = episode.SUSPICIOUS
    ALERTING = episode.ALERTING
    COOLING = episode.COOLING


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode at a moment.

    Parameters
    ----------
    opened
        Event time at which the last episode began, in Unix milliseconds; 0 before the first.
    """

    state: State
    opened: int

    @property
    def learning(self) -> bool:
        """Whether the baseline may learn."""
        return self.state in (State.WARMING, State.NORMAL)
