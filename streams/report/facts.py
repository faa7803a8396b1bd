"""All that the report says, computed from the folder of a backtest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from streams.backtest_folder import BacktestFolder
from streams.case import Case, cases_of
from streams.report.comparison import Comparison, Episode, compare, episode_of, episodes_of
from streams.report.rates import Rate
from streams.report.standing import Standing, Standings, read_standings
from streams.wording import day

MOST_DRAWN = 40
"""Tenants with a timeline of their own, the gravest first."""

MOST_NOISY = 20
LEVELS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
"""Multiples of the threshold at which the scores of tenants without an alert are counted."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found.

    Parameters
    ----------
    cases
        Of tenants, in the order in which they were opened.
    campaigns
        The same of campaigns.
    drawn
        Tenants with a timeline.
    alerts
        How often tenants were alerted, against the budget: all of them counted as if they were false.
    levels
        By multiple of the threshold, how often tenants without any alert rose to it, against what the budget
        allows.
    noisiest
        Tenants with most evidence and no alert.
    comparisons
        Other settings against those of the run.
    """

    summary: dict[str, Any]
    cases: list[Case]
    campaigns: list[Case]
    drawn: list[str]
    standings: Standings
    alerts: Rate | None
    levels: dict[float, Rate]
    noisiest: list[tuple[str, Standing]]
    comparisons: list[Comparison]
    correlation: dict[str, Any]

    @property
    def budget_days(self) -> float:
        """The budget of the run."""
        return float(self.summary["settings"]["detector"]["budget_days"])

    @property
    def silent(self) -> int:
        """How many cases and campaigns were suppressed or in shadow from beginning to end."""
        return sum(not case.alerted for case in (*self.cases, *self.campaigns))

    @property
    def own(self) -> list[Case]:
        """Cases of tenants that departed from their own past, which the budget is about."""
        return [case for case in self.cases if "population" not in case.newest["unmapped"]]


def collect(folder: BacktestFolder) -> Facts:
    """Read the folder; the findings are held in memory, of the scores a number for each tenant and day."""
    everything = list(cases_of(folder.findings()).values())
    cases = [case for case in everything if not case.is_campaign]
    campaigns = [case for case in everything if case.is_campaign]
    drawn = _gravest(cases)
    standings = read_standings(folder.scores(), set(drawn))
    summary = folder.summary
    budget = float(summary["settings"]["detector"]["budget_days"])
    own = [case for case in cases if "population" not in case.newest["unmapped"]]
    named = {case.tenant for case in cases} | {name for case in campaigns for name in case.members}
    clean = {name: one for name, one in standings.tenants.items() if name not in named}
    days = standings.tenant_days
    noisiest = sorted(clean.items(), key=lambda item: (-item[1].peak, item[0]))[:MOST_NOISY]
    return Facts(
        summary,
        cases,
        campaigns,
        drawn,
        standings,
        Rate(len(own), days, 1 / budget) if days else None,
        _levels(clean, budget),
        noisiest,
        _comparisons(folder, everything, summary),
        folder.correlation,
    )


def _gravest(cases: list[Case]) -> list[str]:
    ordered = sorted(cases, key=lambda case: (-case.excess, case.opened))
    return list(dict.fromkeys(case.tenant for case in ordered))[:MOST_DRAWN]


def _levels(clean: dict[str, Standing], budget: float) -> dict[float, Rate]:
    days = sum(len(standing.days) for standing in clean.values())
    if not days:
        return {}
    return {
        level: Rate(sum(one.rises(level) for one in clean.values()), days, min(1.0, 1 / (budget * level)))
        for level in LEVELS
    }


def _comparisons(folder: BacktestFolder, cases: list[Case], summary: dict[str, Any]) -> list[Comparison]:
    run = [episode_of(case) for case in cases]
    found: dict[str, list[Episode]] = {one["settings"]: [] for one in summary.get("tried", ())}
    found |= episodes_of(folder.tried())
    return [compare(settings, run, episodes) for settings, episodes in found.items()]


def alerts_by_day(cases: list[Case]) -> dict[str, Counter[str]]:
    """Return by day how many cases were opened, by their first severity."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        found.setdefault(day(case.opened), Counter())[str(case.first["severity"])] += 1
    return dict(sorted(found.items()))
