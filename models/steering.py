"""How what operators change while it runs reaches the tenants: their settings by event time, and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.config import DetectorConfig
from models.control.control import Control
from models.control.records import EVERYBODY, Change, Override, Suppress, Window
from models.control.rules import Rule, Tenants
from models.control.signals import JOINED, JOINT_STREAM, RULES, TENANT_SIGNALS
from models.core import settings_at
from models.core.layout import SETTINGS
from models.weighting import ALWAYS, DEFAULT, Weighting, settings_record

MOST_A_TENANT = 256
"""Rules that count for one tenant, those that hold longest."""

_FIRST_ROOM = 4

_Effect = tuple[Override | None, bool, bool]


@dataclass(frozen=True, slots=True)
class _Span:
    """What holds for a tenant from a time on, until the next span begins."""

    begins: int
    override: Override | None
    weighs: bool
    learns: bool

    @property
    def effect(self) -> _Effect:
        """All but the time."""
        return self.override, self.weighs, self.learns


class Steering:
    """The settings of every tenant, as records that the core looks up by event time; all fleets share it.

    A tenant's settings are a chain of records, the last of which is named by its state. Those of tenants
    without a rule of their own are record 0, with the same cost for each request whatever holds for others.

    Parameters
    ----------
    config
        Of every tenant that no rule names.
    weighting
        What each signal counts for; the detector's own choice unless a benchmark asks.
    score_ms
        Interval of event time of which each tenant's scores are told, in milliseconds; 0 for none.
    """

    def __init__(self, config: DetectorConfig, weighting: Weighting = DEFAULT, *, score_ms: int = 0) -> None:
        self._config = config
        self._weighting = weighting
        self._score_ms = score_ms
        self._exact: dict[str, list[Rule]] = {}
        self._patterns: list[tuple[Tenants, Rule]] = []
        self._chains: dict[tuple[str, ...], int] = {}
        self._made: dict[_Effect, Any] = {}
        self._room = np.zeros(_FIRST_ROOM, SETTINGS)
        self._used = 0
        self._judging: tuple[Rule, ...] = ()
        self.verdicts: Mapping[str, Change] = {}
        """The verdict on each finding that has one, by the finding's uid."""
        self.version = 0
        """Rises when the rules that tenants are judged by change."""
        self.selective = False
        """Whether there are rules for some tenants and not for all."""
        self._begin(())

    @property
    def records(self) -> NDArray[Any]:
        """All records of `SETTINGS`, shape (n,); asked for anew after tenants were looked up."""
        return self._room[: self._used]

    def follow(self, control: Control) -> None:
        """Judge by the rules of these changes from now on."""
        self.verdicts = control.verdicts
        judging = tuple(rule for rule in control.rules if _judges(rule))
        if judging != self._judging:
            self.version += 1
            self._begin(judging)

    def number_of(self, tenant: str) -> int:
        """Return the number of a tenant's last record."""
        own = self._exact.get(tenant, ())
        fitting = [rule for tenants, rule in self._patterns if tenants.fit(tenant)]
        if not own and not fitting:
            return 0
        return self._chain(self._counting((*own, *fitting, *self._common)))

    def at(self, state: Any) -> Any:
        """Return the settings of a tenant at its newest event time; its `state` is a record of `STATE`."""
        return self._room[settings_at.place(self.records, int(state["rule"]), int(state["time"]))]

    def _begin(self, judging: tuple[Rule, ...]) -> None:
        """Forget every chain but that of all tenants, which is made anew."""
        self._judging = judging
        self._order = {rule.change.id: number for number, rule in enumerate(judging)}
        self._used, self._chains, self._made, self._exact, self._patterns = 0, {}, {}, {}, []
        self._common = self._counting([rule for rule in judging if _pattern(rule) == EVERYBODY])
        for rule in judging:
            tenants = Tenants(_pattern(rule))
            if isinstance(rule.change.what, Override) or tenants.exact:
                self._exact.setdefault(_pattern(rule), []).append(rule)
            elif tenants.pattern != EVERYBODY:
                self._patterns.append((tenants, rule))
        self.selective = bool(self._exact or self._patterns)
        self._chain(self._common)

    def _counting(self, rules: Sequence[Rule]) -> list[Rule]:
        """Return the rules that count, the newest last; of too many, those that are over first do not."""
        oldest_first = sorted(rules, key=lambda rule: self._order[rule.change.id])
        kept = sorted(oldest_first, key=lambda rule: rule.until)[-MOST_A_TENANT:]
        return sorted(kept, key=lambda rule: self._order[rule.change.id])

    def _chain(self, rules: list[Rule]) -> int:
        """Return the number of the last record of the chain that these rules make."""
        key = tuple(rule.change.id for rule in rules)
        if key not in self._chains:
            spans = list(_spans(rules))
            first = self._used
            self._make_room(len(spans))
            for place, span in enumerate(reversed(spans), first):
                self._room[place] = self._record(span)
                self._room["begins"][place], self._room["before"][place] = span.begins, place + 1
            self._chains[key] = first
        return self._chains[key]

    def _record(self, span: _Span) -> Any:
        """Return the settings of a span but for the time, made once: they hold again and again."""
        if span.effect not in self._made:
            self._made[span.effect] = self._make(span)
        return self._made[span.effect]

    def _make(self, span: _Span) -> Any:
        config, weighting = self._config, self._weighting
        if span.override is not None:
            config = replace(config, budget_days=span.override.budget_days or config.budget_days)
            weighting = without(weighting, span.override.off)
        (record,) = settings_record(config, weighting, self._score_ms)
        record["weighs"], record["learns"] = span.weighs, span.learns
        return record

    def _make_room(self, more: int) -> None:
        self._used += more
        if self._used > len(self._room):
            self._room = np.concatenate([self._room, np.zeros(self._used, SETTINGS)])


def without(weighting: Weighting, off: tuple[str, ...]) -> Weighting:
    """Return what each signal counts for where some are off, by name."""
    streams, votes = list(weighting.streams), list(weighting.votes)
    for name in off:
        if name in TENANT_SIGNALS:
            streams[TENANT_SIGNALS[name]] = votes[TENANT_SIGNALS[name]] = 0.0
    if set(JOINED) <= set(off):
        streams[JOINT_STREAM] = 0.0
    sweep, resampling = (on and name not in off for name, on in zip(RULES, weighting.rules, strict=True))
    return Weighting(tuple(streams), tuple(votes), (sweep, resampling))


def _judges(rule: Rule) -> bool:
    """Tell whether a rule changes how tenants are judged."""
    what = rule.change.what
    return isinstance(what, Override | Window) or (
        isinstance(what, Suppress) and what.no_learn and not what.dry_run
    )


def _pattern(rule: Rule) -> str:
    what = rule.change.what
    return what.tenant if isinstance(what, Override | Window | Suppress) else ""


def _spans(rules: list[Rule]) -> Iterator[_Span]:
    """Yield what holds from when on, in the order of time; the first has always held."""
    turns = sorted((at, number) for number, rule in enumerate(rules) for at in (rule.begins, rule.until))
    holding: dict[type, set[int]] = {Override: set(), Window: set(), Suppress: set()}
    before = _Span(ALWAYS, None, weighs=True, learns=True)
    yield before
    for border, group in groupby(turns, key=itemgetter(0)):
        for _, number in group:
            holding[type(rules[number].change.what)] ^= {number}  # the first turn is its begin
        newest = max(holding[Override], default=None)
        override = None if newest is None else _override(rules[newest])
        planned, frozen = bool(holding[Window]), bool(holding[Suppress])
        span = _Span(border, override, not planned, not (planned or frozen))
        if span.effect != before.effect:
            yield span
            before = span


def _override(rule: Rule) -> Override | None:
    return rule.change.what if isinstance(rule.change.what, Override) else None
