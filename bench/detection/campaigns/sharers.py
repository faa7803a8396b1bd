"""Honest tenants that share a prompt: of a public library, an SDK's example, an agent tool, or an article.

Their questions are from the evaluation's pools, their rates from its real clients. Where a coin says so, no
two tenants of one template ask the same, as in a campaign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bench.detection.campaigns.wordings import EXAMPLES, PREAMBLES, TOOLS, TRENDS
from bench.detection.stage import DAY_S, Case, Stage, Timed, after

MOST = 2000.0
"""Requests a day of a tenant at most, so that a world stays small."""

LAST = 0.9
"""Nobody begins in the last tenth of the world."""

POOLS = ("questions", "agnews", "stackoverflow", "code", "chat-arena", "clinc150", "sgd")
PROFILES = ("support", "chat", "rag", "agent", "stream", "writer")
HOUR_S = 3600.0

Ask = Callable[[], Callable[[], str]]
"""Makes what gives one tenant its questions."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What several tenants have in common."""

    group: str
    template: str
    ask: Ask


def cast(stage: Stage, each: int, others: int) -> list[Case]:
    """Cast the sharers of a library, an SDK and tools, and others who share nothing.

    Parameters
    ----------
    each
        Tenants of each template.
    """
    cases = stage.established(others, MOST)
    for preamble in stage.rng.sample(PREAMBLES, 4):
        cases += library(stage, preamble, each)
    for example in stage.rng.sample(EXAMPLES, 2):
        cases += sdk(stage, example, 2 * each)
    for head in TOOLS:
        cases += tool(stage, head, each)
    return cases


def cast_article(stage: Stage, adopters: int, others: int) -> list[Case]:
    """Cast tenants of whom some adopt one template within six hours: the hardest to tell from a campaign."""
    return stage.established(others, MOST) + article(stage, stage.rng.choice(TRENDS), adopters)


def library(stage: Stage, preamble: str, count: int) -> list[Case]:
    """Cast tenants that use a preamble, a third from the start; for half of them it is all that they send."""
    cases, shared = [], Shared("library", preamble, _questions(stage))
    for number in range(count):
        adopts = 0.0 if number % 3 == 0 else _some_time(stage)
        if number % 2:
            cases.append(_only(stage, shared, stage.volume(high=MOST), adopts))
        else:
            cases.append(_beside(stage, shared, stage.volume(high=MOST), adopts))
    return cases


def sdk(stage: Stage, example: str, count: int) -> list[Case]:
    """Cast new accounts that try an example in their first requests and then go their own ways."""
    cases, ask = [], _questions(stage)
    for _ in range(count):
        profile, name, begins = stage.rng.choice(PROFILES), stage.name(), _some_time(stage)
        habits, volume = stage.world.habits(profile), stage.volume(high=MOST)
        own = stage.world.benign(profile, name, habits, begins, volume)
        tries = round(math.exp(stage.rng.uniform(math.log(3), math.log(40))))
        cases.append(Case(name, "sdk", profile, _first(own, tries, example, ask())))
    return cases


def tool(stage: Stage, head: str, count: int) -> list[Case]:
    """Cast users of an agent tool, who send its head with every request; one in four is heavy."""
    cases = []
    for number in range(count):
        name, habits = stage.name(), stage.world.habits("agent")
        volume = 3 * MOST if number % 4 == 0 else stage.volume(high=MOST)
        begins = 0.0 if number % 3 == 0 else _some_time(stage)
        own = stage.world.benign("agent", name, habits, begins, volume)
        cases.append(Case(name, "tool", "agent", _worn(own, head)))
    return cases


def article(stage: Stage, template: str, count: int) -> list[Case]:
    """Cast tenants, old and new, that adopt a template within six hours, at rates over two decades."""
    begin = stage.rng.uniform(1.2, 2.5) * DAY_S
    cases, shared = [], Shared("article", template, _questions(stage))
    for number in range(count):
        adopts = begin + stage.rng.uniform(0, 6 * HOUR_S)
        volume = math.exp(stage.rng.uniform(math.log(20), math.log(MOST)))
        make = _beside if number % 2 else _only
        cases.append(make(stage, shared, volume, adopts))
    return cases


def _only(stage: Stage, shared: Shared, volume: float, begins: float) -> Case:
    """A tenant that begins then and sends nothing else."""
    habits, draw = stage.world.habits("rag"), shared.ask()
    own = stage.traffic(lambda _time: shared.template.format(draw()), volume, habits, out=150, start=begins)
    return Case(stage.name(), shared.group, "new", own)


def _beside(stage: Stage, shared: Shared, volume: float, adopts: float) -> Case:
    """A tenant with traffic of its own that uses the template beside it from then on."""
    profile, name = stage.rng.choice(PROFILES), stage.name()
    habits, draw = stage.world.habits(profile), shared.ask()
    own = stage.world.benign(profile, name, habits, 0.0, stage.volume(high=MOST))
    more = stage.traffic(lambda _time: shared.template.format(draw()), volume, habits, out=150, start=adopts)
    return Case(name, shared.group, profile, own, after(more, adopts))


def _questions(stage: Stage) -> Ask:
    """Return what gives each tenant its questions: of one list for all, so that they are disjoint, or not."""
    pool = stage.pools[stage.rng.choice(POOLS)]
    if stage.rng.random() < 0.5:  # noqa: PLR2004  a coin
        shared = stage.pool(pool.texts, harvest=True)
        return lambda: shared.fresh
    return lambda: stage.pool(stage.pools[stage.rng.choice(POOLS)].texts).fresh


def _first(own: Timed, tries: int, example: str, draw: Callable[[], str]) -> Timed:
    for number, (time, event) in enumerate(own):
        yield time, event | {"prompt": example.format(draw()[:200])} if number < tries else event


def _worn(own: Timed, head: str) -> Timed:
    for time, event in own:
        yield time, event | {"prompt": head.format(event["prompt"])}


def _some_time(stage: Stage) -> float:
    return stage.rng.uniform(0.0, LAST * stage.end)
