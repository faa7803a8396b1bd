"""Campaigns that word their template in several ways, among the evaluation's benign tenants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.detection.campaigns.wordings import families
from bench.detection.stage import DAY_S, Case, Stage, Timed, Worded

ACCOUNTS, PER_DAY = 60, 26.0
SPREAD_DAYS = 0.3
"""The accounts of a campaign begin within this time, as the evaluation's do."""

WAYS = ("request", "account")
"""Whether each request draws a wording, or each account has one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign.

    Parameters
    ----------
    label
        Names it in the truth; what comes before the dash is its scenario.
    way
        Of `WAYS`.
    wordings
        Each with one `{}`.
    resold
        The accounts also serve customers of a reseller, who chat.
    """

    label: str
    way: str
    wordings: Sequence[str]
    accounts: int = ACCOUNTS
    spread_days: float = SPREAD_DAYS
    per_day: float = PER_DAY
    resold: bool = False


def cast(stage: Stage, way: str, benign: int) -> list[Case]:
    """Cast the evaluation's benign tenants, two campaigns and one that is mixed with resold chats."""
    chosen = stage.rng.sample(families(stage.module), 3)
    cases = body(stage, benign)
    for number, wordings in enumerate(chosen[:2]):
        cases += campaign(stage, Plan(f"hydra-{number}", way, wordings))
    return cases + campaign(stage, Plan("hydra-resold-0", way, chosen[2], resold=True))


def cast_by_request(stage: Stage, benign: int) -> list[Case]:
    """Cast a world in which each request of a campaign draws its wording."""
    return cast(stage, "request", benign)


def cast_by_account(stage: Stage, benign: int) -> list[Case]:
    """Cast a world in which each account of a campaign has its wording."""
    return cast(stage, "account", benign)


def body(stage: Stage, benign: int) -> list[Case]:
    """Cast the benign tenants of the evaluation's own worlds, with its library and its course."""
    plan = stage.manifest["plan"] | {"scenarios": {}}
    tenants = stage.module.build(stage.world, benign, plan)
    return [Case(tenant.name, "benign", tenant.profile, _plain(tenant.events)) for tenant in tenants]


def campaign(stage: Stage, plan: Plan) -> list[Case]:
    """Cast the accounts of one campaign; no two of them ask the same."""
    onset = (2.0 + stage.rng.uniform(0, 0.4)) * DAY_S
    harvest = stage.harvest("template")
    cases = []
    for number in range(plan.accounts):
        one = plan.wordings[number % len(plan.wordings)]
        pool = Worded(harvest, plan.wordings if plan.way == "request" else (one,), stage.rng)
        cases.append(_account(stage, plan, pool, onset))
    return cases


def _account(stage: Stage, plan: Plan, pool: Any, onset: float) -> Case:
    name, profile, habits, own = stage.name(), "none", stage.world.habits("none"), iter(())
    if plan.resold:
        profile, serves = "chat", stage.world.habits("chat")
        own = stage.world.benign(profile, name, serves, 0.0, stage.volume(60.0, 120.0))
        habits = stage.module.Habits(habits.system, habits.temperature, habits.limit, serves.users)
    begin = onset + stage.rng.uniform(0, plan.spread_days) * DAY_S
    flat = stage.rng.random() < 0.5  # noqa: PLR2004  a coin, as in the evaluation
    attack = stage.world.attack_stream(
        "template", plan.per_day, begin, stage.end, habits, pool=pool, template="{}", flat=flat
    )
    notes = {"campaign": plan.label}
    return Case(name, plan.label.rpartition("-")[0], profile, own, attack, onset, notes)


def _plain(events: Iterator[tuple[float, dict[str, Any], bool]]) -> Timed:
    return ((time, event) for time, event, _ in events)
