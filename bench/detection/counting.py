"""Count what alarms are worth, as the evaluation's `score.py` does: false alerts, and queries to the alert.

Alarms in a row are one alert: an episode lasts until the score has stayed below the threshold for as long
as ours takes to close an episode and to cool down.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.detection.peers.base import Floats
from models.config import DetectorConfig

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
HOLD_MS = int((DetectorConfig().quiet_hours + DetectorConfig().cooldown_hours) * HOUR_MS)


@dataclass(frozen=True, slots=True)
class Account:
    """What the truth says of one tenant.

    Parameters
    ----------
    until
        The time from which an alert is right, in Unix milliseconds; the world's end for a benign tenant.
    clean_days
        For how long it is judged as benign; 0 of one that never is.
    attacks
        The times of its attack requests, in order.
    """

    scenario: str
    profile: str
    until: int
    attacked: bool
    clean_days: float
    attacks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Scored:
    """A peer's scores of one tenant, each with its time in Unix milliseconds."""

    times: NDArray[np.int64]
    values: Floats

    def alerts(self, threshold: float) -> list[int]:
        """Return when episodes open if a score of at least the threshold is an alarm."""
        alarms = self.times[self.values >= threshold]
        first = np.diff(alarms, prepend=-HOLD_MS - 1) > HOLD_MS
        opened: list[int] = alarms[first].tolist()
        return opened


@dataclass(slots=True)
class Found:
    """Of one scenario: the attack queries that each caught tenant had answered before the alert."""

    tenants: int = 0
    queries: list[int] = field(default_factory=list)

    @property
    def median(self) -> float | None:
        """The median of the caught, if there are any."""
        return statistics.median(self.queries) if self.queries else None


@dataclass(frozen=True, slots=True)
class Result:
    """What one detector does on one or more worlds."""

    false_alerts: int
    clean_days: float
    by_profile: dict[str, int]
    scenarios: dict[str, Found]
    days_by_profile: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """False alerts a clean tenant-day."""
        return self.false_alerts / self.clean_days

    def record(self) -> dict[str, Any]:
        """The result for programs."""
        scenarios = {
            name: {"tenants": found.tenants, "caught": len(found.queries), "median_queries": found.median}
            for name, found in self.scenarios.items()
        }
        return {
            "false_alerts": self.false_alerts,
            "false_alerts_per_tenant_day": round(self.rate, 5),
            "false_alerts_by_profile": self.by_profile,
            "scenarios": scenarios,
        }


def accounts_of(truth: Mapping[str, Any]) -> dict[str, Account]:
    """Read the truth file of a world."""
    found = {}
    for tenant in truth["tenants"]:
        until = tenant["onset"] or truth["end"]
        days = (until - truth["start"]) / DAY_MS if tenant["benign"] else 0.0
        found[tenant["tenant"]] = Account(
            tenant["scenario"], tenant["profile"], until, bool(tenant["onset"]), days, tenant["attack_times"]
        )
    return found


def count(accounts: Mapping[str, Account], alerts: Mapping[str, Sequence[int]]) -> Result:
    """Count alerts, given by tenant as Unix milliseconds in order."""
    by_profile: dict[str, int] = defaultdict(int)
    scenarios: dict[str, Found] = defaultdict(Found)
    for name, account in accounts.items():
        times = alerts.get(name, ())
        if wrong := sum(time < account.until for time in times):
            by_profile[account.profile] += wrong
        if account.attacked:
            found = scenarios[account.scenario]
            found.tenants += 1
            hit = next((time for time in times if time >= account.until), None)
            if hit is not None:
                found.queries.append(bisect_right(account.attacks, hit))
    days: dict[str, float] = defaultdict(float)
    for account in accounts.values():
        days[account.profile] += account.clean_days
    return Result(sum(by_profile.values()), sum(days.values()), dict(by_profile), dict(scenarios), dict(days))


def alerts_at(scored: Mapping[str, Scored], threshold: float) -> dict[str, list[int]]:
    """Return every tenant's alerts at one threshold for all."""
    return {name: scores.alerts(threshold) for name, scores in scored.items()}


def tune(accounts: Mapping[str, Account], scored: Mapping[str, Scored], most: int) -> float:
    """Return the lowest threshold found with at most `most` false alerts.

    It is chosen by looking at the answers, which no one can do in operation.
    """
    clean = [_before(scores, accounts[name].until) for name, scores in scored.items()]
    every = np.unique(np.concatenate([np.empty(0), *(scores.values for scores in clean)]))
    candidates = np.append(-np.inf, np.nextafter(every, np.inf))  # just above each score

    def kept(place: int) -> bool:
        return _total(clean, float(candidates[place])) <= most

    return float(candidates[_first(kept, len(every))])


def _first(holds: Callable[[int], bool], last: int) -> int:
    """Return a place up to `last` at which it holds, the first if it holds from there on."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    # A higher threshold can split one alert into two, so what was skipped may not hold.
    return next(place for place in range(low, last + 1) if place == last or holds(place))


def _before(scores: Scored, until: int) -> Scored:
    early = scores.times < until
    return Scored(scores.times[early], scores.values[early])


def _total(clean: Sequence[Scored], threshold: float) -> int:
    return sum(len(scores.alerts(threshold)) for scores in clean)
