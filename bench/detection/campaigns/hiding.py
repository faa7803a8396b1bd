"""How many accounts an attacker needs to stay unseen: few accounts, slow starts, many wordings.

Every account harvests at 26 requests a day, of one list of questions for all, in one wording or in several
that each request draws from. The campaigns stand in one world of benign tenants, and each is searched for
without the others.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.detection.campaigns import paraphrased, wordings
from bench.detection.campaigns.__main__ import options as search_options
from bench.detection.campaigns.__main__ import searched
from bench.detection.campaigns.observed import Observed, observe
from bench.detection.campaigns.paraphrased import PER_DAY, Plan, body, campaign
from bench.detection.campaigns.places import with_campaigns
from bench.detection.campaigns.replay import replay
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.stage import DAY_S, Case, Stage, before, study

ACCOUNTS = (3, 5, 8, 12, 20, 40, 60)
SPREADS = (0.3, 1.0, 3.0, 10.0)
WORDINGS = (1, 5, 10)
"""One is a template of the evaluation, five are a family of wordings, ten are two families."""
WATCHED_DAYS = 4.0
"""For how long a campaign goes on after its last account has begun."""

BENIGN, DAYS = 40, 16.5


@dataclass(frozen=True, slots=True)
class Way:
    """One campaign: how many accounts, within how many days they begin, of how many wordings each draws."""

    accounts: int
    spread_days: float
    wordings: int

    @property
    def label(self) -> str:
        """Its name in the truth."""
        return f"hidden-{self.spread_days:g}-{self.wordings}-{self.accounts}"


WAYS = [Way(accounts, spread, words) for spread in SPREADS for words in WORDINGS for accounts in ACCOUNTS]


def main() -> None:
    """Cast, search and print the table."""
    command("bench.detection.campaigns.hiding", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    search_options(parser)
    parser.set_defaults(worlds=[])


def cast(stage: Stage) -> list[Case]:
    """Cast benign tenants and every campaign."""
    cases, known = body(stage, BENIGN), wordings.families(stage.module)
    for way in WAYS:
        chosen = [one for family in stage.rng.sample(known, 2) for one in family][: way.wordings]
        plan = Plan(way.label, "request", chosen, way.accounts, way.spread_days, PER_DAY)
        for case in campaign(stage, plan):
            end = (case.onset or 0.0) + (way.spread_days + WATCHED_DAYS) * DAY_S
            cases.append(replace(case, attack=before(case.attack, end)))
    return cases


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Search for each campaign alone."""
    setup, search = configured(arguments), searched(arguments)
    found: dict[Way, list[tuple[float, float | None]]] = defaultdict(list)
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, DAYS)
            return stage, cast(stage)

        name = f"campaigns-hiding-{BENIGN}-{DAYS:g}-{seed}"
        code = (__file__, paraphrased.__file__, str(wordings.SOURCE))
        truth, world = with_campaigns(study(folder, name, make, *code))
        observed = observe(f"hiding-{seed}", world, setup.config)
        honest = {tenant["tenant"] for tenant in truth["tenants"] if tenant["onset"] is None}
        for number, way in enumerate(WAYS, 1):
            members = {t["tenant"]: t["onset"] for t in truth["tenants"] if t["campaign"] == way.label}
            outcome = replay(only(observed, honest | members.keys()), setup.config, search)
            found[way].append(seen(outcome.campaigns, members))
            if number % len(ACCOUNTS) == 0:
                progress(f"{number} of {len(WAYS)} campaigns are searched for")
    return [table(found)]


def only(observed: Observed, tenants: Collection[str]) -> Observed:
    """Leave what is said of some tenants."""
    return replace(
        observed,
        fingerprints=[one for one in observed.fingerprints if one.tenant in tenants],
        profiles=[one for one in observed.profiles if one.tenant in tenants],
        findings=[one for one in observed.findings if one.tenant in tenants],
    )


def seen(
    campaigns: Mapping[str, Mapping[str, int]], members: Mapping[str, int]
) -> tuple[float, float | None]:
    """Return the share of accounts that one campaign names, and the hours until half are named."""
    best = max(campaigns.values(), default={}, key=lambda named: len(named.keys() & members.keys()))
    times = sorted(best[name] for name in members if name in best)
    middle, onset = max(1, len(members) // 2), min(members.values())
    hours = (times[middle - 1] - onset) / 3_600_000 if len(times) >= middle else None
    return len(times) / len(members), hours


def table(found: Mapping[Way, list[tuple[float, float | None]]]) -> Section:
    """One row a spread and number of wordings, one column a number of accounts."""
    rows: list[Row] = []
    for spread in SPREADS:
        for words in WORDINGS:
            row: dict[str, Any] = {"begin within days": spread, "wordings": words}
            for accounts in ACCOUNTS:
                results = found[Way(accounts, spread, words)]
                hours = [late for _, late in results if late is not None]
                after = f" ({statistics.median(hours):.0f} h)" if hours else ""
                row[f"{accounts}"] = f"{statistics.mean(share for share, _ in results):.2f}{after}"
            rows.append(row)
    return Section(
        "share of the accounts named, by their number",
        rows,
        ["in brackets the hours from the start until half are named, if they are"],
    )


if __name__ == "__main__":
    main()
