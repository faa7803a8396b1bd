"""How tenants stood of late, for as many of them as there is room for."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from streams.console.score_point import Point

MOST_POINTS = 500
"""Points that are kept of a tenant, the newest."""
SUSPECT = frozenset({"suspicious", "alerting", "cooling"})
IDLE_MS = 86_400_000


class Scores:
    """Keeps the newest points of tenants. Where there is no room, suspects take the place of the others.

    A tenant that is no suspect gets in only while there is room, or in the place of one without a record for
    a day of event time: otherwise tenants in turn would push each other out, and none had a past to show.

    Parameters
    ----------
    most
        Tenants to keep.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._calm: OrderedDict[str, deque[Point]] = OrderedDict()
        self._suspects: OrderedDict[str, deque[Point]] = OrderedDict()
        self.any = False
        """Whether there was any record at all."""

    def take(self, tenant: str, point: Point, *, watched: bool) -> None:
        """Take in a point; a repeat, or one that is older than the newest, changes nothing.

        Parameters
        ----------
        watched
            Whether the tenant has an open episode, which makes it a suspect.
        """
        self.any = True
        known = self._calm.pop(tenant, None) or self._suspects.pop(tenant, None)
        suspect = watched or point.state in SUSPECT
        if known is None:
            if not self._has_room(point.time, suspect=suspect):
                return
            known = deque(maxlen=MOST_POINTS)
        if not known or point.time > known[-1].time:
            known.append(point)
        (self._suspects if suspect else self._calm)[tenant] = known

    def of(self, tenant: str) -> Sequence[Point]:
        """Return a tenant's points, the oldest first."""
        return tuple(self._calm.get(tenant) or self._suspects.get(tenant) or ())

    def __len__(self) -> int:
        return len(self._calm) + len(self._suspects)

    def _has_room(self, now: int, *, suspect: bool) -> bool:
        if len(self) < self._most:
            return True
        if self._calm:
            name, oldest = next(iter(self._calm.items()))
            if suspect or oldest[-1].time < now - IDLE_MS:
                del self._calm[name]
                return True
        elif suspect:
            self._suspects.popitem(last=False)
            return True
        return False
