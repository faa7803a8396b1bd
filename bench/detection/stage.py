"""Casts of tenants other than the evaluation's own, made by its world builder.

`world.py` is imported from the evaluation folder at run time and never copied: its profiles, arrivals,
habits and harvests are what all studies are made of.
"""

from __future__ import annotations

import heapq
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from bench.detection.worlds import Truth, World, digest, kept

DAY_S = 86_400.0
MODELS = ("atlas-large", "atlas-medium", "atlas-small")

Event = dict[str, Any]
"""A request of the native format, without id, time and tenant."""

Timed = Iterator[tuple[float, Event]]
"""Requests with their times in seconds since the world began, in order."""

Ramp = Callable[[float], float]
"""A factor of the rate at a time in seconds since the world began."""


def steady(_time: float) -> float:
    """No change of the rate."""
    return 1.0


@dataclass(slots=True)
class Case:
    """One tenant of a study.

    Parameters
    ----------
    group
        The row of the table that it belongs to.
    onset
        When an alert becomes right, in seconds since the world began; `None` for a benign tenant.
    benign, attack
        Its requests.
    notes
        Whatever the study wants to know of it afterwards; of JSON's types.
    """

    name: str
    group: str
    profile: str
    benign: Timed = field(default_factory=lambda: iter(()))
    attack: Timed = field(default_factory=lambda: iter(()))
    onset: float | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def tagged(self) -> Iterator[tuple[float, Event, bool]]:
        """Return the requests in order, each with whether it attacks."""
        own = ((time, event, False) for time, event in self.benign)
        foreign = ((time, event, True) for time, event in self.attack)
        return heapq.merge(own, foreign, key=lambda request: request[0])


class Worded:
    """A pool whose texts are put into wordings drawn at random: one wording is a template, many paraphrase.

    Parameters
    ----------
    pool
        Has `fresh`, as the evaluation's pools have.
    wordings
        Each with one `{}`.
    """

    def __init__(self, pool: Any, wordings: Sequence[str], rng: random.Random) -> None:
        self._pool, self._wordings, self._rng = pool, wordings, rng

    def fresh(self) -> str:
        """Return the next text in its wording."""
        return self._rng.choice(self._wordings).format(self._pool.fresh())


class Stage:
    """The evaluation's world builder with a seed of ours.

    Parameters
    ----------
    texts
        Further pools of texts by name.
    roles
        Changes of the manifest, such as which pools support bots answer from.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        days: float,
        texts: Mapping[str, Sequence[str]] | None = None,
        roles: Mapping[str, Any] | None = None,
    ) -> None:
        self.module = load(folder / "eval" / "world.py")
        self.days = days
        manifest = json.loads((folder / "eval" / "dev.json").read_text(encoding="utf-8"))
        data, rng = folder / "data" / "dev", random.Random(seed)
        pools = self.module.load_pools(data, manifest, rng)
        for name, found in (texts or {}).items():
            pools[name] = self.module.Pool(list(found), random.Random(rng.random()))
        rates = self.module.load_rates(data, manifest["rates"])
        self.manifest = manifest | dict(roles or {})
        self.world = self.module.World(pools, rates, self.manifest, rng.randrange(2**32), days)
        self.pools: dict[str, Any] = pools
        self.rng: random.Random = self.world.rng

    @property
    def end(self) -> float:
        """The last moment, in seconds since the world began."""
        return self.days * DAY_S

    def name(self) -> str:
        """Draw the name of an account."""
        return f"acct-{self.rng.getrandbits(40):010x}"

    def volume(self, low: float = 60.0, high: float = 2500.0) -> float:
        """Draw the requests a day of a tenant, held between two bounds."""
        return min(max(float(self.world.volume()), low), high)

    def benign(
        self,
        profile: str,
        group: str = "benign",
        start: float = 0.0,
        volume: float | None = None,
        **notes: Any,
    ) -> Case:
        """Cast a benign tenant."""
        name, habits = self.name(), self.world.habits(profile)
        requests = self.world.benign(profile, name, habits, start, volume or self.volume())
        return Case(name, group, profile, requests, notes=notes)

    def established(self, count: int, high: float = 2500.0) -> list[Case]:
        """Cast benign tenants that are there from the start, of the profiles of the evaluation in turn."""
        profiles = self.manifest["plan"]["profiles"]
        return [self.benign(profiles[k % len(profiles)], volume=self.volume(high=high)) for k in range(count)]

    def harvest(self, style: str) -> Any:
        """Return an attacker's list of questions: `fresh` asks none twice."""
        return self.world.harvest(style)

    def pool(self, texts: Iterable[str], *, harvest: bool = False) -> Any:
        """Make a pool of texts, drawn without repeats until they run out; a harvest then asks pairs."""
        pool = self.module.Pool(list(texts), random.Random(self.rng.random()))
        return self.module.Harvest(pool, random.Random(self.rng.random())) if harvest else pool

    def traffic(
        self,
        draw: Callable[[float], str],
        volume: float,
        habits: Any,
        *,
        out: float,
        ramp: Ramp = steady,
        start: float = 0.0,
    ) -> Timed:
        """Return requests with the texts that `draw` has at their time, `out` tokens long in the median."""
        rng = random.Random(self.rng.random())
        for time in self.world.arrivals(volume, start, ramp=ramp):
            yield time, self.module.row(draw(time), rng, habits, out=out)

    def attack(
        self,
        style: str,
        per_day: float,
        start: float,
        end: float,
        habits: Any = None,
        *,
        ramp: Ramp = steady,
        pool: Any = None,
        flat: bool = True,
    ) -> Timed:
        """Return the requests of an attack in one style, or of a pool that has `fresh`."""
        habits = self.world.habits("none") if habits is None else habits
        template = self.rng.choice(self.module.TEMPLATES)
        found: Timed = self.world.attack_stream(
            style, per_day, start, end, habits, ramp, pool, template, flat=flat
        )
        return found

    def newcomer(self, group: str, style: str, per_day: float, onset: float, end: float) -> Case:
        """Cast an account that attacks from its first request on."""
        attack = self.attack(style, per_day, onset, end)
        return Case(self.name(), group, "none", attack=attack, onset=onset)

    def hosted(
        self,
        group: str,
        profile: str,
        volume: float,
        onset: float,
        *,
        style: str,
        per_day: float,
        takeover: bool = False,
        careful: bool | None = None,
        ramp: Ramp = steady,
        pool: Any = None,
        own: Callable[[Any], Timed] | None = None,
    ) -> Case:
        """Cast a benign tenant on whose account somebody attacks from the onset on.

        Parameters
        ----------
        per_day
            Attack requests a day.
        takeover
            The tenant's own traffic stops at the onset.
        careful
            The attacker goes through the tenant's own application, at its hours; drawn if not said.
        own
            Makes the tenant's own traffic from its habits, in place of the profile.
        """
        name, habits, other = self.name(), self.world.habits(profile), self.world.habits("none")
        benign: Timed = own(habits) if own else self.world.benign(profile, name, habits, 0.0, volume)
        if takeover:
            benign = before(benign, onset)
        if careful is None:
            careful = self.rng.random() < 0.5  # noqa: PLR2004  a coin, as in the evaluation
        users = habits.users
        if not careful:
            habits = self.module.Habits(other.system, other.temperature, other.limit, users)
        attack = self.attack(style, per_day, onset, self.end, habits, ramp=ramp, pool=pool, flat=not careful)
        return Case(name, group, profile, benign, attack, onset)


def after(requests: Timed, start: float) -> Timed:
    """Leave out what comes before a time."""
    return ((time, event) for time, event in requests if time >= start)


def before(requests: Timed, end: float) -> Timed:
    """Leave out what comes at or after a time."""
    return ((time, event) for time, event in requests if time < end)


def load(path: Path) -> ModuleType:
    """Import a Python file by its path."""
    name = f"distillwatch_evaluation_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def study(
    folder: Path, name: str, cast: Callable[[], tuple[Stage, Sequence[Case]]], *code: str
) -> tuple[Truth, World]:
    """Return the sketches of a study from the cache; cast and sketch it first where they are not there.

    Parameters
    ----------
    name
        Says everything about the study that its options change, the seed too.
    code
        The files (`__file__`) that cast it.
    """

    def write(truth: Path) -> Iterator[bytes]:
        stage, cases = cast()
        start = round(stage.module.EPOCH * 1000)
        tenants: list[dict[str, Any]] = [
            {
                "tenant": case.name,
                "profile": case.profile,
                "scenario": case.group,
                "onset": None if case.onset is None else start + round(1000 * case.onset),
                "campaign": None,
                "benign": 0,
                "attack": 0,
                "attack_times": [],
                "notes": dict(case.notes),
            }
            for case in cases
        ]
        yield from _lines(cases, tenants, start)
        end = start + round(1000 * stage.end)
        truth.write_text(json.dumps({"start": start, "end": end, "tenants": tenants}))

    made_of = digest(folder, Path(__file__), *map(Path, code))
    return kept(f"{name}-{made_of}", write)


def _lines(cases: Iterable[Case], tenants: list[dict[str, Any]], start: int) -> Iterator[bytes]:
    """Yield all requests in order and count them into the truth."""

    def of(place: int, case: Case) -> Iterator[tuple[float, int, Event, bool]]:
        return ((time, place, event, attack) for time, event, attack in case.tagged())

    streams = [of(place, case) for place, case in enumerate(cases)]
    for number, (time, place, event, attack) in enumerate(heapq.merge(*streams, key=lambda x: x[:2])):
        tenant, when = tenants[place], start + int(1000 * time)
        tenant["attack" if attack else "benign"] += 1
        if attack:
            tenant["attack_times"].append(when)
        named = {"id": f"r{number}", "time": when, "tenant": tenant["tenant"]}
        yield orjson.dumps({"model": MODELS[place % len(MODELS)]} | event | named)
