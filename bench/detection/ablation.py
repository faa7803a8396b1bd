"""What each signal adds: the table with signals switched off one at a time, and with one alone.

The evaluation's worlds without campaigns and courses, and with only some of the benign tenants.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import Account, Found, accounts_of, count
from bench.detection.worlds import World, sketched_world

JOINT = "joint evidence"
"""It is made of the other signals, so there is none of it alone."""
LEFT_OUT = ("hydra", "hydra-resold", "classroom")
"""Scenarios and profiles of accounts that are too quiet to be judged."""


def main() -> None:
    """Judge the worlds in every way and print the table."""
    command("bench.detection.ablation", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--every", type=int, default=4, help="take one in so many benign tenants")
    parser.add_argument("--ways", nargs="+", choices=("without", "only"), default=["without", "only"])


def setups(ways: list[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each way to run the detector with what is switched off in it."""
    yield "all", frozenset()
    if "without" in ways:
        yield from ((f"without {name}", frozenset({name})) for name in ours.SIGNALS)
    if "only" in ways:
        alone = [name for name in ours.SIGNALS if name != JOINT]
        yield from ((f"only {name}", frozenset(ours.SIGNALS) - {name}) for name in alone)


def chosen(accounts: Mapping[str, Account], every: int) -> dict[str, Account]:
    """Leave all attacked tenants and one in `every` of the benign."""
    found, benign = {}, 0
    for name, account in accounts.items():
        if account.scenario in LEFT_OUT or account.profile in LEFT_OUT:
            continue
        if account.attacked or benign % every == 0:
            found[name] = account
        benign += not account.attacked
    return found


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge every world in every way."""
    accounts: dict[str, Account] = {}
    alerts: dict[str, dict[str, list[int]]] = {name: {} for name, _ in setups(arguments.ways)}
    for seed in arguments.seeds:
        truth, everything = sketched_world(folder, seed)
        some = chosen(accounts_of(truth), arguments.every)
        world: World = {name: everything[name] for name in some if name in everything}
        accounts |= {f"{seed}/{name}": account for name, account in some.items()}
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
        rows.append(row | {scenario: _cell(found) for scenario, found in result.scenarios.items()})
    days = sum(account.clean_days for account in accounts.values())
    return Section(f"what each signal adds, {days:.0f} clean tenant-days", rows)


def _cell(found: Found) -> str:
    share = f"{len(found.queries)}/{found.tenants}"
    return share if found.median is None else f"{share} ({found.median:g})"


if __name__ == "__main__":
    main()
