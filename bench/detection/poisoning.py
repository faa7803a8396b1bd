"""How slowly an attacker must begin to teach the detector that extraction is normal.

Accounts with a past of two days are attacked at a rate that grows in a straight line from nothing to its full
height within 1 to 30 days and stays there for another day. What is never noticed was learned. They are
judged by their own past: too few are there to be compared with each other.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import accounts_of, count
from bench.detection.stage import DAY_S, Case, Stage, study

BEFORE, AFTER = 2.0, 1.0
"""Days of the past, and of the attack at its full height."""
STYLES = ("broad", "template", "rubric")
HOSTS = ("support", "rag", "agent")
VOLUME = (200.0, 1200.0)


def main() -> None:
    """Cast, judge and print the table."""
    command("bench.detection.poisoning", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--ramps", type=float, nargs="+", default=[1.0, 3.0, 7.0, 14.0, 30.0], metavar="DAYS")
    parser.add_argument("--hosts", type=int, default=6, help="attacked accounts for each ramp")
    parser.add_argument("--benign", type=int, default=11, help="benign tenants beside them")
    parser.add_argument("--per-day", type=float, default=1000.0, help="attack requests a day at full height")


def cast(stage: Stage, ramp_days: float, hosts: int, benign: int, per_day: float) -> list[Case]:
    """Cast one world for one ramp."""
    cases, group = stage.established(benign, VOLUME[1]), f"{ramp_days:g}"
    for number in range(hosts):
        onset = (BEFORE + stage.rng.uniform(0, 0.2)) * DAY_S

        def ramp(time: float, onset: float = onset) -> float:
            return min(1.0, max(0.0, time - onset) / (ramp_days * DAY_S))

        host, style = HOSTS[number % len(HOSTS)], STYLES[(number // len(HOSTS)) % len(STYLES)]
        volume = stage.volume(*VOLUME)
        cases.append(stage.hosted(group, host, volume, onset, style=style, per_day=per_day, ramp=ramp))
    return cases


@dataclass(slots=True)
class Ramp:
    """What became of the accounts of one ramp."""

    tenants: int = 0
    queries: list[int] = field(default_factory=list)
    attacks: int = 0
    answered: int = 0
    false_alerts: int = 0
    clean_days: float = 0.0


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a ramp and seed."""
    sizes = (arguments.hosts, arguments.benign, arguments.per_day)
    found = {days: Ramp() for days in arguments.ramps}
    for days, ramp in found.items():
        for seed in arguments.seeds:

            def make(seed: int = seed, days: float = days) -> tuple[Stage, list[Case]]:
                stage = Stage(folder, seed, BEFORE + days + AFTER)
                return stage, cast(stage, days, *sizes)

            name = f"poisoning-{'-'.join(f'{size:g}' for size in (days, *sizes))}-{seed}"
            truth, world = study(folder, name, make, __file__)
            accounts = accounts_of(truth)
            setup = configured(arguments).without(ours.POPULATION)
            alerts = {name: course.alerts for name, course in ours.judge(world, setup).items()}
            result = count(accounts, alerts)
            ramp.false_alerts += result.false_alerts
            ramp.clean_days += result.clean_days
            for name, account in accounts.items():
                if account.attacked:
                    queries = count({name: account}, alerts).scenarios[account.scenario].queries
                    ramp.tenants += 1
                    ramp.queries += queries
                    ramp.attacks += len(account.attacks)
                    ramp.answered += queries[0] if queries else len(account.attacks)
            progress(f"ramp of {days:g} days, world {seed} is judged")
    return [table(found, arguments.per_day)]


def table(found: dict[float, Ramp], per_day: float) -> Section:
    """One row a ramp: caught, and what had been answered by then."""
    rows: list[Row] = [
        {
            "ramp, days": days,
            "attack grows a day by": f"{per_day / days:.0f} a day",
            "caught": f"{len(ramp.queries)}/{ramp.tenants}",
            "share": len(ramp.queries) / max(1, ramp.tenants),
            "median queries": statistics.median(ramp.queries) if ramp.queries else None,
            "worst": max(ramp.queries, default=None),
            "answered before the alert": ramp.answered / max(1, ramp.attacks),
            "false alerts a tenant-day": ramp.false_alerts / ramp.clean_days if ramp.clean_days else None,
        }
        for days, ramp in found.items()
    ]
    return Section("attacks that grow slowly", rows, [taught(found)])


def taught(found: dict[float, Ramp]) -> str:
    """Say at what slowness the detector is taught: the first ramp of which it misses more than half."""
    slow: Sequence[float] = [days for days, x in sorted(found.items()) if 2 * len(x.queries) < x.tenants]
    if not slow:
        return f"no ramp of up to {max(found):g} days is missed more often than caught"
    return f"a ramp over {slow[0]:g} days is missed more often than caught: so slowly the detector is taught"


if __name__ == "__main__":
    main()
