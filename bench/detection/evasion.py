"""What it costs to evade: an attacker who knows the detector, and how much longer an extraction takes him.

Everyone goes through the tenant's own application: its parameters, system prompt, users and hours. In several
strategies the share of attack requests is lowered until half of the tenants miss them within the days
watched. The cost multiplier is how many times longer 100,000 answers take at that share than with the whole
account taken over.

An attacker with an account of his own slows down instead, and may look like an application or repeat himself.
He is compared with the peers that one of the evaluation's worlds leaves; in the other strategies tenants are
judged by their own past alone.
"""

from __future__ import annotations

import heapq
import random
from argparse import ArgumentParser, Namespace
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import exp, log
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from bench.detection import ours, strategies
from bench.detection.command import Row, Section, cell, command, configured, progress
from bench.detection.stage import DAY_S, Case, Stage, study
from bench.detection.strategies import DISGUISES, STRATEGIES
from bench.detection.worlds import Truth, World, sketched_world, tenant_sketches
from models.sketch import Sketch

ANSWERS = 100_000
PAST_DAYS = 2.0
PROFILES = ("support", "rag", "agent")
SHARES = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005)
RATES = (5000.0, 1000.0, 300.0, 100.0, 30.0)
"""Requests a day of an own account; the first is unhindered."""
OWN = "own account"
BASELINE_SEED = 1
"""Of the world whose tenants are the peers of an own account."""
MOST_OWN = 2500
"""Requests of an own account after which watching it ends."""


class Rung(NamedTuple):
    """How many were caught at a share, or a rate, of the attack."""

    level: float
    caught: int
    tenants: int


def main() -> None:
    """Cast, judge and print the tables."""
    command("bench.detection.evasion", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--hosts", type=int, default=9, help="tenants for each strategy and share")
    parser.add_argument("--days", type=float, default=4.0, help="how long an attack is watched")
    parser.add_argument("--volume", type=float, default=1000.0, help="requests a day of a tenant")


def cast(stage: Stage, hosts: int, volume: float) -> list[Case]:
    """Cast the tenants, apart from them the attack on each in each strategy at half of its traffic."""
    cases: list[Case] = []
    onset = PAST_DAYS * DAY_S
    for number in range(hosts):
        profile, name = PROFILES[number % len(PROFILES)], f"host-{number}"
        habits = stage.world.habits(profile)
        own = list(stage.world.benign(profile, name, habits, 0.0, volume))
        past = [event["prompt"] for time, event in own if time < onset]
        cases.append(Case(name, "host", profile, iter(own)))
        for strategy, make in STRATEGIES.items():
            pool = make(stage, number, past)
            attack = stage.attack("broad", volume, onset, stage.end, habits, pool=pool, flat=False)
            cases.append(Case(f"{name} {strategy}", strategy, profile, attack=attack, onset=onset))
    for name, disguise in DISGUISES.items():
        for rate in RATES:
            for number in range(hosts):
                end = min(stage.end, onset + MOST_OWN / rate * DAY_S)
                style = strategies.STYLES[number % len(strategies.STYLES)]
                attack = disguise(stage, number, style, rate, (onset, end))
                notes = {"disguise": name, "rate": rate}
                cases.append(Case(stage.name(), OWN, "none", attack=attack, onset=onset, notes=notes))
    return cases


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a seed."""
    hidden: dict[tuple[str, float], list[bool]] = {}
    slow: dict[tuple[str, float], list[bool]] = {}
    setup = configured(arguments)
    baseline = ours.baseline_of(sketched_world(folder, BASELINE_SEED)[1], setup)
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, PAST_DAYS + arguments.days)
            return stage, cast(stage, arguments.hosts, arguments.volume)

        name = f"evasion-{arguments.hosts}-{arguments.days:g}-{arguments.volume:g}-{seed}"
        truth, world = study(folder, name, make, __file__, strategies.__file__)
        for key, caught in _hidden(truth, world, setup, seed):
            hidden.setdefault(key, []).append(caught)
        for kind, caught in _own(truth, world, setup, baseline):
            slow.setdefault(kind, []).append(caught)
    watched = f"within {arguments.days:g} days of attack"
    return [_hosts_table(hidden, arguments.volume, watched), _own_table(slow, watched)]


def _hidden(truth: Truth, world: World, setup: ours.Setup, seed: int) -> list[tuple[tuple[str, float], bool]]:
    """Try every strategy at every share on every tenant of a world."""
    onset, found = truth["start"] + round(1000 * PAST_DAYS * DAY_S), []
    for tenant in truth["tenants"]:
        if tenant["scenario"] != "host":
            continue
        name = tenant["tenant"]
        own = tenant_sketches(name, world[name])
        began = bisect_left(own, onset, key=attrgetter("time"))
        learned = ours.Watched(name, setup)
        learned.sees_all(own[:began])
        later = own[began:]
        found.append((("no attack", 0.0), caught(learned.fork(), later, [])))
        for strategy in STRATEGIES:
            attacks = tenant_sketches(name, world[f"{name} {strategy}"])
            for share in SHARES:
                some = thinned(attacks, share, f"{seed} {name} {strategy}")
                found.append(((strategy, share), caught(learned.fork(), later, some)))
        progress(f"{name} of world {seed} is judged")
    return found


def _own(
    truth: Truth, world: World, setup: ours.Setup, baseline: bytes
) -> list[tuple[tuple[str, float], bool]]:
    """Judge each of the attackers' own accounts among the peers of another world."""
    found = []
    for tenant in truth["tenants"]:
        if tenant["scenario"] == OWN:
            name, notes = tenant["tenant"], tenant["notes"]
            alone = {name: world.get(name, ())}
            courses = ours.judge(alone, setup, baseline=baseline, until=truth["end"])
            found.append(((notes["disguise"], notes["rate"]), bool(courses[name].alerts)))
    return found


def thinned(attacks: Sequence[Sketch], share: float, seed: str) -> list[Sketch]:
    """Keep as many of the attacks as make a share of the traffic, given all of them make a half.

    What is kept at a share is kept at every higher one.
    """
    rng, kept = random.Random(seed), share / (1 - share)
    return [sketch for sketch in attacks if rng.random() < kept]


def caught(watched: ours.Watched, own: Sequence[Sketch], attacks: Sequence[Sketch]) -> bool:
    """Return whether the tenant is alerted within its own requests and the attack's."""
    return bool(watched.sees_all(heapq.merge(own, attacks, key=attrgetter("time"))))


def half_missed(rungs: Sequence[Rung]) -> tuple[str, float]:
    """Return the level at which half are caught, and `<` or `>` before it where it lies beyond the ladder.

    Parameters
    ----------
    rungs
        The highest level first. Between two of them the share caught is a straight line over the logarithm.
    """
    shares = [rung.caught / rung.tenants for rung in rungs]
    if shares[0] < HALF:
        return ">", rungs[0].level
    for (one, above), (other, below) in zip(
        zip(rungs, shares, strict=True), zip(rungs[1:], shares[1:], strict=True), strict=False
    ):
        if below < HALF:
            way = (above - HALF) / (above - below)
            return "", exp(log(one.level) + way * (log(other.level) - log(one.level)))
    return "<", rungs[-1].level


HALF = 0.5


def _hosts_table(hidden: Mapping[tuple[str, float], Sequence[bool]], volume: float, watched: str) -> Section:
    rows: list[Row] = []
    for strategy in STRATEGIES:
        rungs = [_rung(share, hidden[strategy, share]) for share in SHARES]
        beyond, share = half_missed(rungs)
        multiplier = (1 - share) / share
        at_most = {"<": "at least ", ">": "at most ", "": ""}[beyond]
        rows.append(
            {"strategy": strategy}
            | {f"{100 * rung.level:g}%": f"{rung.caught}/{rung.tenants}" for rung in rungs}
            | {
                "half missed at": f"{beyond}{100 * share:.2g}%",
                "cost multiplier": f"{at_most}{cell(multiplier)}",
                f"days for {ANSWERS:,}": f"{at_most}{cell(multiplier * ANSWERS / volume)}",
            }
        )
    alone = hidden["no attack", 0.0]
    notes = [
        f"without any attack {sum(alone)} of {len(alone)} are alerted as well",
        f"unhindered, with the account taken over: {ANSWERS / volume:g} days",
        f"the imitator asks only the nearest {100 * strategies.NEAREST:g}% of his questions",
        f"missed {watched} does not mean missed for as long as the whole extraction takes",
    ]
    return Section(f"caught by share of the traffic, {watched}", rows, notes)


def _own_table(slow: Mapping[tuple[str, float], Sequence[bool]], watched: str) -> Section:
    rows: list[Row] = []
    for name in DISGUISES:
        rungs = [_rung(rate, slow[name, rate]) for rate in RATES]
        beyond, rate = half_missed(rungs)
        at_most = {"<": "at least ", ">": "at most ", "": ""}[beyond]
        rows.append(
            {"strategy": name}
            | {f"{rung.level:g} a day": f"{rung.caught}/{rung.tenants}" for rung in rungs}
            | {
                "half missed at": f"{beyond}{rate:.0f} a day",
                "cost multiplier": f"{at_most}{cell(RATES[0] / rate)}",
            }
        )
    title = f"caught on an account of its own by rate, {watched} or {MOST_OWN:,} requests"
    notes = [f"unhindered: {RATES[0]:g} a day, {ANSWERS / RATES[0]:g} days"]
    return Section(title, rows, notes)


def _rung(level: float, outcomes: Sequence[bool]) -> Rung:
    return Rung(level, sum(outcomes), len(outcomes))


if __name__ == "__main__":
    main()
