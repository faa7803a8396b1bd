"""Which findings are news to whoever is told of alerts."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum

from models.finding import Activity, Severity
from streams.finding_view import REPLAY, SAMPLE, FindingView

MOST_KNOWN = 50_000
"""Episodes that are remembered, closed ones too, so that repeats are recognised."""


class News(Enum):
    """What a finding is to somebody who was told of the episode's earlier ones."""

    OPENED = "opened"
    CHANGED = "changed"
    RESOLVED = "resolved"


@dataclass(slots=True)
class _Known:
    stamp: tuple[int, int]
    severity: Severity
    told: bool = False
    closed: bool = False


class Episodes:
    """Remembers of each episode whether it was told, and how far it had come.

    It knows no clock and no chance: fed the same findings it says the same, and so is built anew from the
    alert topic after a restart.

    Parameters
    ----------
    least
        Severity from which on an episode is told.
    most
        Episodes to remember; those that changed least recently are forgotten beyond it, and an open one that
        is forgotten is told once more.
    """

    def __init__(self, least: Severity, most: int = MOST_KNOWN) -> None:
        self._least = least
        self._most = most
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def take(self, finding: FindingView) -> News | None:
        """Take in a finding and return what it is to whoever is told; nothing if it is no news.

        The first finding of an episode that is neither suppressed nor experimental, and grave enough, opens
        it. A repeat is no news, nor is anything of a backtest.
        """
        if REPLAY in finding.marks:
            return None
        stamp, known = (finding.time, int(finding.activity)), self._known.get(finding.uid)
        if known is None:
            known = self._known[finding.uid] = _Known(stamp, finding.severity)
        elif known.closed or (stamp <= known.stamp and finding.activity is not Activity.CLOSE):
            return None
        self._known.move_to_end(finding.uid)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        known.stamp = stamp
        return self._news(finding, known)

    def open_uids(self) -> list[str]:
        """Return the episodes that were told and have not closed."""
        return [uid for uid, known in self._known.items() if known.told and not known.closed]

    def _news(self, finding: FindingView, known: _Known) -> News | None:
        before, known.severity = known.severity, finding.severity
        if finding.activity is Activity.CLOSE:
            known.closed = True
            return News.RESOLVED if known.told else None
        if known.told:
            return News.CHANGED if finding.severity != before else None
        known.told = finding.pages and finding.severity >= self._least
        known.closed = SAMPLE in finding.marks  # a test finding is the only one of its episode
        return News.OPENED if known.told else None
