"""What the scores of a backtest say: how each tenant stood on each day, and the course of some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from streams.explanation import ScoreRecord

DAY_MS = 86_400_000
MOST_POINTS = 400
"""Of a course; a longer one is thinned out to the intervals with most evidence."""


@dataclass(slots=True)
class Point:
    """How a tenant stood at the end of an interval.

    Parameters
    ----------
    ratio
        The evidence as a multiple of the threshold.
    signals
        By name what was observed and what was expected.
    """

    time: int
    ratio: float
    signals: Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class Standing:
    """One tenant over the whole time.

    Parameters
    ----------
    days
        The most evidence of each day, as a multiple of the threshold, by the day's number since 1970.
    rose
        The same of those days only that ended higher than they began: what the day brought by itself.
    """

    days: dict[int, float] = field(default_factory=dict)
    begins: dict[int, float] = field(default_factory=dict)
    requests: int = 0
    intervals: int = 0
    hot: int = 0
    last: float = 0.0

    @property
    def peak(self) -> float:
        """The most evidence of all."""
        return max(self.days.values(), default=0.0)

    def rises(self, level: float) -> int:
        """Count the days on which the evidence rose to a multiple of the threshold from below it."""
        return sum(most >= level > self.begins[number] for number, most in self.days.items())

    def take(self, score: ScoreRecord, ratio: float) -> None:
        """Take in a score."""
        number = (int(score["time"]) - 1) // DAY_MS
        if number not in self.days:
            self.begins[number] = self.last
        self.days[number] = max(ratio, self.days.get(number, 0.0))
        self.requests = int(score["requests"])
        self.intervals += 1
        self.hot += score["state"] in {"suspicious", "alerting"}
        self.last = ratio


@dataclass(slots=True)
class Standings:
    """All tenants, and the course of those that are to be drawn."""

    tenants: dict[str, Standing] = field(default_factory=dict)
    courses: dict[str, list[Point]] = field(default_factory=dict)

    @property
    def tenant_days(self) -> int:
        """Pairs of a tenant and a day on which it asked."""
        return sum(len(standing.days) for standing in self.tenants.values())


def read_standings(scores: Iterable[ScoreRecord], drawn: Collection[str]) -> Standings:
    """Go through the scores once.

    Parameters
    ----------
    drawn
        Tenants of which the whole course is wanted.
    """
    found = Standings()
    for score in scores:
        tenant = str(score["tenant"])
        ratio = float(score["evidence"]) / float(score["threshold"])
        found.tenants.setdefault(tenant, Standing()).take(score, ratio)
        if tenant in drawn:
            signals = {
                name: (float(one["observed"]), float(one["expected"]))
                for name, one in score["signals"].items()
            }
            found.courses.setdefault(tenant, []).append(Point(int(score["time"]), ratio, signals))
    for tenant, points in found.courses.items():
        found.courses[tenant] = thinned(points)
    return found


def thinned(points: list[Point]) -> list[Point]:
    """Return at most `MOST_POINTS` of the points: of neighbours the one with most evidence."""
    step = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + step] for start in range(0, len(points), step)] if step > 1 else []
    return [max(group, key=lambda point: point.ratio) for group in groups] or points
