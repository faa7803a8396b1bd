"""How a tenant stands at the end of an interval of event time, for those who judge for themselves."""

from __future__ import annotations

from dataclasses import dataclass

from models.episode import State
from models.finding import SignalReading


@dataclass(frozen=True, slots=True)
class Score:
    """One tenant after its last request of an interval.

    Parameters
    ----------
    time
        When the interval ended, in Unix milliseconds: a multiple of its length.
    last
        Event time of the newest request, in Unix milliseconds.
    requests
        Judged since the tenant is known.
    evidence, threshold
        The combined Shiryaev-Roberts statistic, and the value that opens an episode.
    episode
        The uid of the open episode; empty where none is open.
    signals
        What each signal observed of late and what it expected, in a fixed order.
    """

    tenant: str
    time: int
    last: int
    requests: int
    state: State
    evidence: float
    threshold: float
    episode: str
    signals: tuple[SignalReading, ...]
    content_seen: bool
    config_digest: str
