"""Realised false alerts against the stated budget, profile by profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.detection.command import Row, Section
from bench.detection.counting import Result
from bench.detection.svg import Group, Point, grouped

FLOOR = 1e-3
"""Alerts a tenant-day at the bottom of the plot."""
DEVIATIONS = 1.96
"""Of a normal distribution, for 95%."""


@dataclass(slots=True)
class Realised:
    """Of one profile under one budget: false alerts within so many clean tenant-days."""

    alerts: int = 0
    days: float = 0.0

    def ratio(self, budget: float) -> float:
        """Realised against stated alerts; at most 1 keeps the budget."""
        return self.alerts / (self.days / budget)

    def interval(self, budget: float) -> tuple[float, float]:
        """Return the 95% interval of the ratio of a Poisson count (Byar's, Rothman and Boice 1979)."""
        stated = self.days / budget
        low = _byar(self.alerts, -DEVIATIONS) if self.alerts else 0.0
        return low / stated, _byar(self.alerts + 1, DEVIATIONS) / stated


def _byar(count: int, deviations: float) -> float:
    return float(count * (1 - 1 / (9 * count) + deviations / (3 * count**0.5)) ** 3)


class Calibrated:
    """Realised alerts by budget, in days for one alert, and profile."""

    def __init__(self, budgets: Sequence[float]) -> None:
        self.budgets = tuple(budgets)
        self.realised: dict[float, dict[str, Realised]] = {
            budget: defaultdict(Realised) for budget in budgets
        }

    def add(self, budget: float, result: Result) -> None:
        """Take in one world of benign tenants."""
        for profile, days in result.days_by_profile.items():
            one = self.realised[budget][profile]
            one.alerts += result.by_profile.get(profile, 0)
            one.days += days

    @property
    def profiles(self) -> list[str]:
        """Those seen, in their order."""
        return list(dict.fromkeys(name for found in self.realised.values() for name in found))

    def whole(self, budget: float) -> Realised:
        """All profiles together."""
        found = self.realised[budget].values()
        return Realised(sum(one.alerts for one in found), sum(one.days for one in found))


def calibration(found: Calibrated) -> Section:
    """One row a profile: realised/stated alerts under each budget, and their ratio with its interval."""
    rows: list[Row] = []
    for profile in [*found.profiles, "all"]:
        row: dict[str, object] = {"profile": profile}
        for budget in found.budgets:
            one = found.whole(budget) if profile == "all" else found.realised[budget][profile]
            low, high = one.interval(budget)
            row[f"{budget:g} days: alerts/stated"] = f"{one.alerts}/{one.days / budget:.1f}"
            row[f"{budget:g} days: ratio"] = f"{one.ratio(budget):.2f} ({low:.2f} to {high:.2f})"
        rows.append(row)
    note = "a ratio of at most 1 keeps the budget; in brackets the 95% interval of a Poisson count"
    return Section("realised against stated false alerts", rows, [note])


def plot(found: Calibrated) -> str:
    """Draw the realised alerts a tenant-day of each profile, with the stated ones as a line, as SVG."""
    groups = []
    for budget in sorted(found.budgets):
        points = {}
        for profile in [*found.profiles, "all"]:
            one = found.whole(budget) if profile == "all" else found.realised[budget][profile]
            low, high = one.interval(budget)
            points[profile] = Point(one.alerts / one.days, low / budget, high / budget)
        groups.append(Group(f"stated: one in {budget:g} days", 1 / budget, points))
    title = "False alerts a tenant-day with 95% intervals; a budget is kept below its line"
    return grouped(groups, title=title, up="realised (on the axis: none)", floor=FLOOR)
