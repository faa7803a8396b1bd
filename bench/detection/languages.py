"""What is found in other languages and in code: takeovers and mixes, and the false alerts beside them.

In each language support bots, a chat, retrieval and a content product, and attackers who ask in that
language: instructions on sayings in several wordings, or one template over passages of a handbook. English
from the evaluation's pools stands beside them in the same world, code from its code pools.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.detection import ours, wordings
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import Account, accounts_of, count
from bench.detection.stage import DAY_S, Case, Stage, Timed, Worded, study
from bench.detection.texts import Texts, TextsMissingError, texts
from bench.detection.wordings import WORDINGS, Wordings

DAYS, ONSET = 4.0, 2.0
SHARES = {"takeover": 1.0, "25%": 0.25, "10%": 0.10}
VOLUME = {"takeover": (300.0, 2000.0), "25%": (1000.0, 2000.0), "10%": (1000.0, 2000.0)}
"""Requests a day of the attacked tenants, which a thin mix must have enough of."""
BENIGN = "benign"

Traffic = Callable[[Any, float], Timed]
"""A tenant's own traffic from its habits and its requests a day."""


def main() -> None:
    """Cast, judge and print the table."""
    command("bench.detection.languages", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--languages", nargs="+", default=["en", "de", "es", "code"])
    parser.add_argument("--each", type=int, default=4, help="attacked tenants of each language and share")
    parser.add_argument("--benign", type=int, default=8, help="benign tenants of each language")


@dataclass(frozen=True, slots=True)
class Tongue:
    """Who speaks a language.

    Parameters
    ----------
    tenants
        Their own traffic by profile.
    attacks
        Pools by style.
    """

    tenants: Mapping[str, Traffic]
    attacks: Mapping[str, Callable[[], Any]]


def tongue(stage: Stage, language: str, found: Texts | None) -> Tongue:
    """Cast who speaks a language: `en` and `code` from the evaluation's pools, others from `found`."""
    if found is not None:
        return _foreign(stage, found, WORDINGS[language])
    if language == "code":
        return _code(stage)
    profiles = ("support", "chat", "rag", "writer")
    own = {profile: _profile(stage, profile) for profile in profiles}
    attacks = {style: _harvest(stage, pool) for style, pool in (("broad", "alpaca"), ("template", "math"))}
    return Tongue(own, attacks)


def _profile(stage: Stage, profile: str) -> Traffic:
    return lambda habits, volume: stage.world.benign(profile, stage.name(), habits, 0.0, volume)


def _harvest(stage: Stage, pool: str) -> Callable[[], Any]:
    templates = stage.module.TEMPLATES if pool in {"math", "leetcode"} else ("{}",)
    return lambda: _worded(stage, stage.pools[pool].texts, (stage.rng.choice(templates),))


def _worded(stage: Stage, found: list[str], wordings: tuple[str, ...]) -> Worded:
    return Worded(stage.pool(found, harvest=True), wordings, stage.rng)


def _code(stage: Stage) -> Tongue:
    """Agents and answers on programming; attackers harvest programming tasks."""
    questions = stage.pools["stackoverflow"]

    def answers(habits: Any, volume: float) -> Timed:
        draw = questions.zipf(2500)
        return stage.traffic(lambda _time: draw(), volume, habits, out=200)

    attacks = {"broad": _harvest(stage, "code"), "template": _harvest(stage, "leetcode")}
    return Tongue({"agent": _profile(stage, "agent"), "support": answers}, attacks)


def _foreign(stage: Stage, found: Texts, words: Wordings) -> Tongue:
    """The benign ask of one half of the sayings and of manual pages, attackers of the rest."""
    asked = stage.pool(found.sayings[::2])
    manual = stage.pool(found.manual)

    def support(habits: Any, volume: float) -> Timed:
        draw = stage.pool(found.commands).zipf(stage.rng.randint(300, 2500))
        return stage.traffic(lambda _time: draw(), volume, habits, out=90)

    def chat(habits: Any, volume: float) -> Timed:
        asks = Worded(asked, words.talk, stage.rng)
        return stage.traffic(lambda _time: asks.fresh(), volume, habits, out=260)

    def rag(habits: Any, volume: float) -> Timed:
        chunks, questions = manual.zipf(stage.rng.randint(400, 3000), 0.7), stage.pool(found.commands)
        prompt = words.retrieval.format
        return stage.traffic(lambda _time: prompt(chunks(), questions.fresh()), volume, habits, out=110)

    def writer(habits: Any, volume: float) -> Timed:
        asks = Worded(manual, (stage.rng.choice(words.products),), stage.rng)
        return stage.traffic(lambda _time: asks.fresh(), volume, habits, out=650)

    attacks = {
        "broad": lambda: _worded(stage, found.sayings[1::2], words.instructions),
        "template": lambda: _worded(stage, found.reference, (stage.rng.choice(words.templates),)),
    }
    return Tongue({"support": support, "chat": chat, "rag": rag, "writer": writer}, attacks)


def cast(stage: Stage, language: str, spoken: Tongue, each: int, benign: int) -> list[Case]:
    """Cast the tenants of one language."""
    profiles, styles, cases = list(spoken.tenants), list(spoken.attacks), []
    for number in range(benign):
        profile = profiles[number % len(profiles)]
        habits, volume = stage.world.habits(profile), stage.volume()
        requests = spoken.tenants[profile](habits, volume)
        cases.append(Case(stage.name(), f"{language} {BENIGN}", profile, requests))
    for scenario, share in SHARES.items():
        for number in range(each):
            profile, style = profiles[number % len(profiles)], styles[(number // 2) % len(styles)]
            volume, takeover = stage.volume(*VOLUME[scenario]), scenario == "takeover"
            case = stage.hosted(
                f"{language} {scenario}",
                profile,
                volume,
                (ONSET + stage.rng.uniform(0, 0.4)) * DAY_S,
                style="broad",
                per_day=volume if takeover else volume * share / (1 - share),
                takeover=takeover,
                pool=spoken.attacks[style](),
                own=_with_volume(spoken.tenants[profile], volume),
            )
            cases.append(case)
    return cases


def _with_volume(traffic: Traffic, volume: float) -> Callable[[Any], Timed]:
    return lambda habits: traffic(habits, volume)


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a seed, with all languages in it."""
    found, missing = available(arguments.languages)
    sizes = (arguments.each, arguments.benign)
    accounts: dict[str, Account] = {}
    alerts: dict[str, list[int]] = {}
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, DAYS)
            spoken = {name: tongue(stage, name, words) for name, words in found.items()}
            return stage, [case for name, one in spoken.items() for case in cast(stage, name, one, *sizes)]

        name = f"languages-{'-'.join(found)}-{'-'.join(map(str, sizes))}-{seed}"
        truth, world = study(folder, name, make, __file__, wordings.__file__)
        accounts |= {f"{seed}/{name}": account for name, account in accounts_of(truth).items()}
        courses = ours.judge(world, configured(arguments).without(ours.POPULATION))
        alerts |= {f"{seed}/{name}": course.alerts for name, course in courses.items()}
        progress(f"world {seed} is judged")
    return [table(accounts, alerts, missing)]


def available(languages: list[str]) -> tuple[dict[str, Texts | None], list[str]]:
    """Return the texts of each language that can be had, and why the others cannot."""
    found: dict[str, Texts | None] = {}
    missing = []
    for language in languages:
        try:
            found[language] = None if language in {"en", "code"} else texts(language)
        except TextsMissingError as error:
            missing.append(f"{language} is skipped: {error}")
    return found, missing


def table(accounts: Mapping[str, Account], alerts: Mapping[str, list[int]], missing: list[str]) -> Section:
    """One row a language: false alerts and, by the attacker's share, caught with the median queries."""
    by_language: dict[str, dict[str, Account]] = defaultdict(dict)
    for name, account in accounts.items():
        by_language[account.scenario.split()[0]][name] = account
    rows: list[Row] = []
    for language, of_it in by_language.items():
        result = count(of_it, alerts)
        row: dict[str, Any] = {
            "language": language,
            "false alerts": result.false_alerts,
            "clean tenant-days": round(result.clean_days, 1),
            "a tenant-day": result.rate,
        }
        for scenario in SHARES:
            one = result.scenarios[f"{language} {scenario}"]
            median = f" ({statistics.median(one.queries):g})" if one.queries else ""
            row[scenario] = f"{len(one.queries)}/{one.tenants}{median}"
        rows.append(row)
    note = "caught, in brackets the median attack queries to the alert"
    return Section("other languages and code", rows, [note, *missing])


if __name__ == "__main__":
    main()
