"""Who is accused among accounts without a past: benign newcomers of every profile, and attackers.

Beside an established population, accounts begin at random times from day 1 on: some of each benign profile, a
course whose members begin together, and accounts that attack from their first request on. Benign
accounts should not be accused, attackers should. Newcomers are compared with their peers, of which there must
be many before the first is accused.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import Account, accounts_of, count
from bench.detection.stage import DAY_S, Case, Stage, after, study

DAYS = 4.0
PROFILES = ("support", "chat", "rag", "agent", "evals", "growth", "stream", "writer")
FAST = {"broad": 5000.0, "template": 5000.0, "rubric": 5000.0, "nonsense": 5000.0, "resample": 2000.0}
SLOW = {"slow broad": ("broad", 300.0), "slow template": ("template", 300.0)}
FAST_DAYS = 0.5
"""How long a fast attacker goes on: many times what should suffice to notice it."""
MOST = 2000.0
"""Requests a day of a benign tenant at most, so that a world stays small."""


def main() -> None:
    """Cast, judge and print the table."""
    command("bench.detection.newcomers", __doc__, measure, options=_options, seeds=(1, 2))


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--each", type=int, default=6, help="newcomers of each benign profile")
    parser.add_argument("--attackers", type=int, default=3, help="attackers of each style")
    parser.add_argument("--established", type=int, default=88, help="benign tenants there from the start")
    parser.add_argument("--metadata-only", action="store_true", help="without prompts")
    parser.add_argument("--without-population", action="store_true", help="nobody is compared with peers")


def cast(stage: Stage, each: int, attackers: int, established: int) -> list[Case]:
    """Cast one world."""
    rng = stage.rng

    def begins() -> float:
        return rng.uniform(1.0, DAYS - 1.0) * DAY_S

    cases = stage.established(established, MOST)
    cases += [
        stage.benign(profile, "newcomer", begins(), stage.volume(high=MOST))
        for profile in PROFILES
        for _ in range(each)
    ]
    cases += _library(stage, each, begins())
    cases += _course(stage, 3 * each, begins())
    for style, per_day in FAST.items():
        for _ in range(attackers):
            onset = begins()
            cases.append(stage.newcomer(style, style, per_day, onset, onset + FAST_DAYS * DAY_S))
    for group, (style, per_day) in SLOW.items():
        cases += [stage.newcomer(group, style, per_day, begins(), stage.end) for _ in range(attackers)]
    return cases


def _library(stage: Stage, count: int, first: float) -> list[Case]:
    """Cast unrelated newcomers that use the same public prompt."""
    preamble, cases = stage.rng.choice(stage.module.PREAMBLES), []
    for _ in range(count):
        name, start = stage.name(), stage.rng.uniform(first, stage.end - DAY_S)
        requests = stage.world.library(name, stage.world.habits("rag"), preamble)
        cases.append(Case(name, "newcomer", "library", after(requests, start)))
    return cases


def _course(stage: Stage, count: int, start: float) -> list[Case]:
    """Cast the members of a course, who begin together with the same exercises."""
    code = stage.pools[stage.manifest["code"][0]]
    lessons, cases = [code.fresh() for _ in range(60)], []
    for _ in range(count):
        name = stage.name()
        requests = stage.world.classroom(name, stage.world.habits("none"), lessons, start)
        cases.append(Case(name, "newcomer", "classroom", requests))
    return cases


@dataclass(slots=True)
class Tally:
    """Of one profile: how many there are, how many were alerted, and the attack queries before that.

    `by_peers` are those of the alerted to whom the comparison with peers came first.
    """

    tenants: int = 0
    alerted: int = 0
    requests: int = 0
    by_peers: int = 0
    queries: list[int] = field(default_factory=list)


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a seed."""
    sizes = (arguments.each, arguments.attackers, arguments.established)
    setup = replace(configured(arguments), content=not arguments.metadata_only)
    if arguments.without_population:
        setup = setup.without(ours.POPULATION)
    found: dict[tuple[str, str], Tally] = {}
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, DAYS)
            return stage, cast(stage, *sizes)

        name = f"newcomers-{'-'.join(map(str, sizes))}-{seed}"
        truth, world = study(folder, name, make, __file__)
        courses = ours.judge(world, setup)
        add(found, truth["tenants"], accounts_of(truth), courses)
        progress(f"world {seed} is judged")
    return [benign_table(found), attack_table(found)]


def add(
    found: dict[tuple[str, str], Tally],
    tenants: Iterable[dict[str, Any]],
    accounts: dict[str, Account],
    courses: Mapping[str, ours.Course],
) -> None:
    """Count one world into the tallies, which are by group and profile."""
    alerts = {name: course.alerts for name, course in courses.items()}
    for tenant in tenants:
        name, group = tenant["tenant"], tenant["scenario"]
        tally = found.setdefault((group, tenant["profile"]), Tally())
        tally.tenants += 1
        tally.requests += tenant["benign"] + tenant["attack"]
        if alerts.get(name):
            tally.alerted += 1
            tally.by_peers += alerts[name][0] in courses[name].by_peers
        if tenant["onset"] is not None:
            tally.queries += count({name: accounts[name]}, alerts).scenarios[group].queries


def benign_table(found: dict[tuple[str, str], Tally]) -> Section:
    """One row a profile: the share of newcomers accused, beside the established of the same profile."""
    rows: list[Row] = []
    newcomers = {profile: tally for (group, profile), tally in found.items() if group == "newcomer"}
    for profile, tally in newcomers.items():
        old = found.get(("benign", profile), Tally())
        rows.append(_accused(profile, tally, old))
    old = _sum(x for (group, _), x in found.items() if group == "benign")
    rows.append(_accused("all", _sum(newcomers.values()), old))
    return Section("benign newcomers accused", rows)


def attack_table(found: dict[tuple[str, str], Tally]) -> Section:
    """One row a style: the share of accounts caught that attack from their first request on."""
    rows: list[Row] = []
    for (group, _), tally in found.items():
        if group not in {"newcomer", "benign"}:
            median = statistics.median(tally.queries) if tally.queries else None
            rows.append(
                {
                    "attack from the first request": group,
                    "caught": f"{tally.alerted}/{tally.tenants}",
                    "share": tally.alerted / tally.tenants,
                    "by peers": tally.by_peers,
                    "median queries": median,
                    "worst": max(tally.queries, default=None),
                    "requests each": tally.requests // tally.tenants,
                }
            )
    return Section("accounts that only attack", rows)


def _accused(profile: str, new: Tally, old: Tally) -> Row:
    return {
        "profile": profile,
        "accused": f"{new.alerted}/{new.tenants}",
        "share": new.alerted / max(1, new.tenants),
        "by peers": new.by_peers,
        "requests": new.requests,
        "established accused": f"{old.alerted}/{old.tenants}",
        "established, by peers": old.by_peers,
    }


def _sum(tallies: Iterable[Tally]) -> Tally:
    parts: Sequence[Tally] = list(tallies)
    return Tally(
        *(
            sum(getattr(part, name) for part in parts)
            for name in ("tenants", "alerted", "requests", "by_peers")
        )
    )


if __name__ == "__main__":
    main()
