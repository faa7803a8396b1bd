"""What honest change does: a launch, another product, a new model, a new language, month's end, new users.

Tenants with a past of two days change at one moment. Counted are the alerts from then on, and the days on
which a tenant is not normal: in more than one of their 24 hours it is alerting or the evidence is at the
level at which the detector stops learning. Even a tenant that does not change has such days. A change is over
for a tenant once two normal days have followed each other. They are judged by their own past: too few are
there to be compared with each other.
"""

from __future__ import annotations

import random
import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.detection import ours
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.stage import DAY_S, Case, Event, Ramp, Stage, Timed, steady, study
from bench.detection.texts import TextsMissingError, texts
from models.core.rate import HOUR_MS

PAST_DAYS = 2.0
LAUNCH = 1.2 * DAY_S
"""When the evaluation's growth profile begins to grow."""
VOLUME = (150.0, 600.0)
LATEST = 0.4
"""Days after the past within which the changes fall."""
PROFILES = ("support", "rag", "chat", "agent")
UNCHANGED = "no change"
FREE_HOURS = 1
"""Of a normal day in which the evidence may be high."""
CALM_DAYS = 2
"""Normal days in a row after which a change is over."""
MIGRATED = "atlas-next"

Edit = Callable[[Event], Event]

Make = Callable[[Stage, float], Case]
"""Casts a tenant that changes at a time."""


def main() -> None:
    """Cast, judge and print the table."""
    command("bench.detection.drift", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--each", type=int, default=8, help="tenants of each kind of change")
    parser.add_argument("--days", type=int, default=10, help="how long they are watched after the change")


def edited(stage: Stage, number: int, change: float) -> list[Case]:
    """Cast a tenant three times: as it goes on, with another model, and with other users; else the same."""
    profile, volume = PROFILES[number % len(PROFILES)], stage.volume(*VOLUME)
    requests = list(stage.benign(profile, volume=volume).benign)
    edits: dict[str, Edit] = {
        UNCHANGED: dict,
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
    """What a kind of change did: a tenant each."""

    before: int = 0
    alerts: list[int] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    normal: list[list[bool]] = field(default_factory=list)

    def add(self, course: ours.Course, moment: int, level: float, days: int) -> None:
        """Count one tenant that changed at a moment in Unix milliseconds."""
        self.before += sum(time < moment for time in course.alerts)
        self.alerts.append(sum(time >= moment for time in course.alerts))
        self.highest.append(float(course.levels[course.times >= moment].max(initial=0.0)))
        self.normal.append(normal_days(course, moment, level, days))

    def disturbed(self) -> list[int]:
        """Return how many tenants are not normal on each day."""
        return [sum(not normal for normal in day) for day in zip(*self.normal, strict=True)]

    def over(self) -> list[int]:
        """Return for each tenant the days until the change is over, the least first."""
        return sorted(map(days_until_calm, self.normal))


def normal_days(course: ours.Course, moment: int, level: float, days: int) -> list[bool]:
    """Tell of each day from a moment on whether all but `FREE_HOURS` of its hours stay below a level.

    An hour is high where the evidence is after any of its requests, one without requests as its beginning is.
    """
    hours = 24 * days
    ends = np.searchsorted(course.times, moment + HOUR_MS * np.arange(hours + 1))
    found = np.zeros(hours, bool)
    for hour, (first, last) in enumerate(pairwise(ends.tolist())):
        some = course.levels[first if first < last else max(0, first - 1) : max(1, last)]
        found[hour] = some.max(initial=0.0) >= level
    high: list[int] = found.reshape(days, 24).sum(axis=1).tolist()
    return [count <= FREE_HOURS for count in high]


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Judge one world a seed."""
    casts: list[Make] = [launch, second_product, month_end]
    notes = []
    try:
        casts.append(new_language(texts("de").commands))
    except TextsMissingError as error:
        notes.append(f"a new language is skipped: {error}")
    setup = configured(arguments).without(ours.POPULATION)
    found: dict[str, Changed] = {}
    name = f"drift-{arguments.each}-{arguments.days}-{len(casts)}"
    for seed in arguments.seeds:

        def make(seed: int = seed) -> tuple[Stage, list[Case]]:
            stage = Stage(folder, seed, PAST_DAYS + LATEST + arguments.days)
            changes = [(PAST_DAYS + stage.rng.uniform(0, LATEST)) * DAY_S for _ in range(arguments.each)]
            cases = [case for k, change in enumerate(changes) for case in edited(stage, k, change)]
            return stage, cases + [cast(stage, change) for cast in casts for change in changes]

        truth, world = study(folder, f"{name}-{seed}", make, __file__)
        courses = ours.judge(world, setup, follow=world)
        for tenant in truth["tenants"]:
            changed = found.setdefault(tenant["scenario"], Changed())
            moment = truth["start"] + round(1000 * tenant["notes"]["change"])
            changed.add(courses[tenant["tenant"]], moment, ours.normal_level(setup), arguments.days)
        progress(f"world {seed} is judged")
    return [table(found, arguments.days, notes)]


def days_until_calm(normal: Sequence[bool]) -> int:
    """Return how many days come before `CALM_DAYS` normal ones in a row; one more than all where none do."""
    starts = range(len(normal) - CALM_DAYS + 1)
    return next((day for day in starts if all(normal[day : day + CALM_DAYS])), len(normal) + 1)


def table(found: Mapping[str, Changed], days: int, notes: Sequence[str]) -> Section:
    """One row a kind of change."""
    rows: list[Row] = []
    for name, changed in found.items():
        over = changed.over()
        rows.append(
            {
                "change": name,
                "tenants": len(over),
                "alerts before": changed.before,
                "without an alert": changed.alerts.count(0),
                "with one": changed.alerts.count(1),
                "with more": sum(alerts > 1 for alerts in changed.alerts),
                "highest level, median": statistics.median(changed.highest),
                "over within days, median": statistics.median(over),
                "worst": f">{days}" if over[-1] > days else over[-1],
                "tenants not normal on day 1, 2, ...": " ".join(map(str, changed.disturbed())),
            }
        )
    return Section(f"honest change, watched for {days} days", rows, notes)


if __name__ == "__main__":
    main()
