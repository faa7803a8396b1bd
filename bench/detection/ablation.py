"""What each signal adds: the table with signals switched off one at a time, and with one alone.

Of each scenario, how many are caught with it, after how many attack queries in the median. The rate is never
alone: it has a small vote among others.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import Account, Found, accounts_of, count
from bench.detection.worlds import sketched_world
from models.readings import RATE_NAME

CAMPAIGNS = ("hydra", "hydra-resold")
"""Their accounts are too quiet for any of the signals."""


def main() -> None:
    """Judge the worlds in every way and print the table."""
    command("bench.detection.ablation", __doc__, measure, options=_options, seeds=(1, 2, 3))


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--ways", nargs="+", choices=("without", "only"), default=["without", "only"])


def setups(ways: list[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each way to run the detector with what is switched off in it."""
    yield "all", frozenset()
    if "without" in ways:
        yield from ((f"without {name}", frozenset({name})) for name in ours.SIGNALS)
    if "only" in ways:
        alone = [name for name in ours.SIGNALS if name != RATE_NAME]
        yield from ((f"only {name}", frozenset(ours.SIGNALS) - heard(name)) for name in alone)


def heard(name: str) -> frozenset[str]:
    """Return what has to be on so that a signal is heard: some have a vote alone."""
    return frozenset({name, ours.JOINT_NAME} if name in ours.VOTES_ONLY else {name})


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge every world in every way."""
    accounts: dict[str, Account] = {}
    alerts: dict[str, dict[str, list[int]]] = {name: {} for name, _ in setups(arguments.ways)}
    for seed in arguments.seeds:
        truth, world = sketched_world(folder, seed)
        accounts |= {f"{seed}/{name}": account for name, account in accounts_of(truth).items()}
        for name, off in setups(arguments.ways):
            courses = ours.judge(world, replace(configured(arguments), off=off))
            alerts[name] |= {f"{seed}/{tenant}": course.alerts for tenant, course in courses.items()}
            progress(f"world {seed} is judged {name}")
    return [table(accounts, alerts)]


def table(accounts: Mapping[str, Account], alerts: Mapping[str, Mapping[str, list[int]]]) -> Section:
    """One row a way: false alerts a clean tenant-day, and by scenario caught with the median queries."""
    rows: list[Row] = []
    for name, of_it in alerts.items():
        result = count(accounts, of_it)
        row: dict[str, object] = {"signals": name, "false alerts a tenant-day": result.rate}
        row["profiles accused"] = ", ".join(f"{name} {n}" for name, n in result.by_profile.items()) or None
        found = {name: one for name, one in result.scenarios.items() if name not in CAMPAIGNS}
        rows.append(row | {name: _cell(one) for name, one in found.items()})
    days = sum(account.clean_days for account in accounts.values())
    return Section(f"what each signal adds, {days:.0f} clean tenant-days", rows)


def _cell(found: Found) -> str:
    share = f"{len(found.queries)}/{found.tenants}"
    return share if found.median is None else f"{share} ({found.median:g})"


if __name__ == "__main__":
    main()
