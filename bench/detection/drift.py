"""What honest change does: a launch, another product, a new model, a new language, month's end, new users.

Tenants with a past of two days change at one moment. Counted are the alerts from then on, and the hours from
the change until the evidence is back below the level at which the detector stops learning.
"""

from __future__ import annotations

import random
import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.stage import DAY_S, Case, Event, Ramp, Stage, Timed, steady, study
from bench.detection.texts import TextsMissingError, texts
from models.core.rate import HOUR_MS

PAST_DAYS = 2.0
LAUNCH = 1.2 * DAY_S
"""When the evaluation's growth profile begins to grow."""
VOLUME = (200.0, 1500.0)
PROFILES = ("support", "rag", "chat", "agent")
RISE_HOURS = 48.0
"""Evidence that rises later than this is not the change's: a launch takes two days."""
CALM_HOURS = 12.0
"""Evidence that rises again after so many hours below is not the change's any more."""
MIGRATED = "atlas-next"

Edit = Callable[[Event], Event]

Make = Callable[[Stage, float], Case]
"""Casts a tenant that changes at a time."""


def main() -> None:
    """Cast, judge and print the table."""
    command("bench.detection.drift", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--each", type=int, default=8, help="tenants of each kind of change")
    parser.add_argument("--days", type=float, default=4.0, help="how long they are watched after the change")


def edited(stage: Stage, number: int, change: float) -> list[Case]:
    """Cast a tenant three times: as it goes on, with another model, and with other users; else the same."""
    profile, volume = PROFILES[number % len(PROFILES)], stage.volume(*VOLUME)
    requests = list(stage.benign(profile, volume=volume).benign)
    edits: dict[str, Edit] = {
        "no change": dict,
        "model migration": migrated,
        "new end users": renamed(stage.rng),
    }
    return [
        Case(stage.name(), group, profile, _edited(iter(requests), change, edit), notes={"change": change})
        for group, edit in edits.items()
    ]


def migrated(event: Event) -> Event:
    """Move a request to another model: a longer answer, another system prompt."""
    longer = min(event["max_tokens"], int(1.6 * event["output_tokens"]))
    return event | {
        "model": MIGRATED,
        "output_tokens": longer,
        "input_tokens": event["input_tokens"] + 400,
    }


def renamed(rng: random.Random) -> Edit:
    """Return an edit that gives requests to new end users, three times as many."""

    def edit(event: Event) -> Event:
        if event["principal"] is None:
            return event
        return event | {"principal": f"v{event['principal']}-{rng.randrange(3)}"}

    return edit


def launch(stage: Stage, _change: float) -> Case:
    """Cast a product whose traffic triples within two days while a second area appears."""
    return stage.benign("growth", "launch", volume=stage.volume(*VOLUME), change=LAUNCH)


def second_product(stage: Stage, change: float) -> Case:
    """Cast a support bot that answers for another product as well from one moment on."""
    first, second = (stage.pools[name].zipf(1500) for name in stage.rng.sample(stage.manifest["support"], 2))

    def draw(time: float) -> str:
        return str(second() if time >= change and stage.rng.random() < SECOND_SHARE else first())

    return _support(stage, "second product at once", change, draw)


def month_end(stage: Stage, change: float) -> Case:
    """Cast a support bot with three times its traffic of the same mix, for two days."""
    questions = stage.pools[stage.rng.choice(stage.manifest["support"])].zipf(2000)

    def ramp(time: float) -> float:
        return 3.0 if change <= time < change + 2 * DAY_S else 1.0

    return _support(stage, "month's end", change, lambda _time: str(questions()), ramp=ramp)


def new_language(found: Sequence[str]) -> Make:
    """Return a cast of support bots half of whose users write another language from one moment on."""

    def make(stage: Stage, change: float) -> Case:
        first = stage.pools[stage.rng.choice(stage.manifest["support"])].zipf(1500)
        second = stage.pool(found).zipf(1500)

        def draw(time: float) -> str:
            return str(second() if time >= change and stage.rng.random() < LANGUAGE_SHARE else first())

        return _support(stage, "new language", change, draw)

    return make


SECOND_SHARE, LANGUAGE_SHARE = 0.4, 0.5


def _support(
    stage: Stage, group: str, change: float, draw: Callable[[float], str], ramp: Ramp = steady
) -> Case:
    habits = stage.world.habits("support")
    requests = stage.traffic(draw, stage.volume(*VOLUME), habits, out=90, ramp=ramp)
    return Case(stage.name(), group, "support", requests, notes={"change": change})


def _edited(requests: Timed, change: float, edit: Edit) -> Timed:
    return ((time, edit(event) if time >= change else event) for time, event in requests)


@dataclass(slots=True)
class Changed:
    """What a kind of change did."""

    tenants: int = 0
    before: int = 0
    alerts: list[int] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)
    unsettled: int = 0
    highest: list[float] = field(default_factory=list)


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a seed."""
    casts: list[Make] = [launch, second_product, month_end]
    notes = []
    try:
        casts.append(new_language(texts("de").commands))
    except TextsMissingError as error:
        notes.append(f"a new language is skipped: {error}")
    setup = configured(arguments)
    found: dict[str, Changed] = {}
    name = f"drift-{arguments.each}-{arguments.days:g}-{len(casts)}"
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, PAST_DAYS + arguments.days)
            changes = [(PAST_DAYS + stage.rng.uniform(0, 0.4)) * DAY_S for _ in range(arguments.each)]
            cases = [case for k, change in enumerate(changes) for case in edited(stage, k, change)]
            return stage, cases + [cast(stage, change) for cast in casts for change in changes]

        truth, world = study(folder, f"{name}-{seed}", make, __file__)
        courses = ours.judge(world, setup, follow=world)
        for tenant in truth["tenants"]:
            changed = found.setdefault(tenant["scenario"], Changed())
            moment = truth["start"] + round(1000 * tenant["notes"]["change"])
            add(changed, courses[tenant["tenant"]], moment, ours.normal_level(setup))
        progress(f"world {seed} is judged")
    return [table(found, arguments.days, notes)]


def add(changed: Changed, course: ours.Course, moment: int, normal: float) -> None:
    """Count one tenant that changed at a moment in Unix milliseconds."""
    changed.tenants += 1
    changed.before += sum(time < moment for time in course.alerts)
    changed.alerts.append(sum(time >= moment for time in course.alerts))
    hours, settled = unrest(course, moment, normal)
    changed.hours.append(hours)
    changed.unsettled += not settled
    changed.highest.append(float(course.levels[course.times >= moment].max(initial=0.0)))


def unrest(course: ours.Course, moment: int, normal: float) -> tuple[float, bool]:
    """Return the hours from a moment until the evidence is back to normal, and whether it ever is.

    0 where it does not rise within `RISE_HOURS`. The unrest lasts while it is never low for `CALM_HOURS`.
    """
    high = course.times[(course.times >= moment) & (course.levels >= normal)]
    if not high.size or high[0] > moment + RISE_HOURS * HOUR_MS:
        return 0.0, True
    calm = np.flatnonzero(np.diff(high) > CALM_HOURS * HOUR_MS)
    end = int(high[calm[0]] if calm.size else high[-1])
    return (end - moment) / HOUR_MS, bool(calm.size or course.levels[-1] < normal)


def table(found: dict[str, Changed], days: float, notes: Sequence[str]) -> Section:
    """One row a kind of change."""
    rows: list[Row] = [
        {
            "change": name,
            "tenants": changed.tenants,
            "alerts before": changed.before,
            "alerted after": sum(alerts > 0 for alerts in changed.alerts),
            "most alerts of one": max(changed.alerts),
            "median of the highest levels": statistics.median(changed.highest),
            "evidence rose": sum(hours > 0 for hours in changed.hours),
            "median hours to normal": _median([hours for hours in changed.hours if hours > 0]),
            "worst": max(changed.hours),
            "not back by the end": changed.unsettled,
        }
        for name, changed in found.items()
    ]
    hours = "hours to normal: of those whose evidence rose"
    return Section(f"honest change, watched for {days:g} days", rows, [hours, *notes])


def _median(values: Sequence[Any]) -> float | None:
    return statistics.median(values) if values else None


if __name__ == "__main__":
    main()
