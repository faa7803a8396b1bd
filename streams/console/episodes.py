"""All episodes that the alert topic tells of, open and closed, within bounds."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator

from streams.console.episode import Episode, begun, told
from streams.console.statement import Statement
from streams.finding_view import REPLAY

MOST_EPISODES = 20_000
DAY_MS = 86_400_000


class Episodes:
    """Knows no clock and no chance: fed the same findings it tells the same, so that a restart reads back.

    Parameters
    ----------
    days
        Closed episodes are forgotten so many days of event time before the newest finding.
    most
        Episodes to remember; beyond it the closed ones go first, and of them the one that closed first.
    """

    def __init__(self, days: float, most: int = MOST_EPISODES) -> None:
        self._kept_ms = int(days * DAY_MS)
        self._most = most
        self._open: OrderedDict[str, Episode] = OrderedDict()
        self._closed: OrderedDict[str, Episode] = OrderedDict()
        self._watched: Counter[str] = Counter()
        self._newest = 0

    def take(self, statement: Statement) -> Episode | None:
        """Take in a finding, and return its episode; nothing where it is of a backtest."""
        if REPLAY in statement.view.marks:
            return None
        uid = statement.view.uid
        known = self.find(uid)
        episode = begun(statement) if known is None else told(known, statement)
        if episode is known:
            return known
        self._newest = max(self._newest, statement.view.time)
        self._drop_open(uid)
        if episode.closed:
            self._closed[uid] = episode
        else:
            self._open[uid] = episode
            self._watched[episode.tenant] += 1
        self._forget()
        return episode

    def find(self, uid: str) -> Episode | None:
        """Return the episode with this uid."""
        return self._open.get(uid) or self._closed.get(uid)

    def open(self) -> list[Episode]:
        """Return the open ones, the gravest first, and of equals the one that changed last."""
        return sorted(self._open.values(), key=lambda one: (-one.severity, -one.changed, one.uid))

    def closed(self) -> list[Episode]:
        """Return the closed ones, the one that closed last first."""
        return sorted(self._closed.values(), key=lambda one: (-one.closed, one.uid))

    def concerning(self, tenant: str) -> list[Episode]:
        """Return those about a tenant or with it as a member, the newest first."""
        found = (one for one in self._all() if one.concerns(tenant))
        return sorted(found, key=lambda one: (-one.opened, one.uid))

    def is_watched(self, tenant: str) -> bool:
        """Tell whether a tenant has an open episode of its own."""
        return self._watched[tenant] > 0

    def __len__(self) -> int:
        return len(self._open) + len(self._closed)

    def _all(self) -> Iterator[Episode]:
        yield from self._open.values()
        yield from self._closed.values()

    def _forget(self) -> None:
        while self._closed:
            uid, first = next(iter(self._closed.items()))
            if len(self) <= self._most and first.closed >= self._newest - self._kept_ms:
                return
            del self._closed[uid]
        while len(self._open) > self._most:
            self._drop_open(next(iter(self._open)))

    def _drop_open(self, uid: str) -> None:
        before = self._open.pop(uid, None)
        if before is not None:
            self._watched[before.tenant] -= 1
            if not self._watched[before.tenant]:
                del self._watched[before.tenant]
