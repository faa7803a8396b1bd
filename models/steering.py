"""How what operators change while it runs reaches the tenants: their settings by event time, and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
"""Rules that count for one tenant, the newest of them."""

_FIRST_ROOM = 4


@dataclass(frozen=True, slots=True)
class _Span:
    """What holds for a tenant from a time on, until the next span begins."""

    begins: int
    override: Override | None
    weighs: bool
    learns: bool

    @property
    def effect(self) -> tuple[Override | None, bool, bool]:
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
        rules = sorted((*own, *fitting, *self._common), key=lambda rule: self._order[rule.change.id])
        return self._chain(rules[-MOST_A_TENANT:])

    def at(self, state: Any) -> Any:
        """Return the settings of a tenant at its newest event time; its `state` is a record of `STATE`."""
        return self._room[settings_at.place(self.records, int(state["rule"]), int(state["time"]))]

    def _begin(self, judging: tuple[Rule, ...]) -> None:
        """Forget every chain but that of all tenants, which is made anew."""
        self._judging = judging
        self._order = {rule.change.id: number for number, rule in enumerate(judging)}
        self._used, self._chains, self._exact, self._patterns = 0, {}, {}, []
        self._common = [rule for rule in judging if _pattern(rule) == EVERYBODY]
        for rule in judging:
            tenants = Tenants(_pattern(rule))
            if isinstance(rule.change.what, Override) or tenants.exact:
                self._exact.setdefault(_pattern(rule), []).append(rule)
            elif tenants.pattern != EVERYBODY:
                self._patterns.append((tenants, rule))
        self.selective = bool(self._exact or self._patterns)
        self._chain(self._common[-MOST_A_TENANT:])

    def _chain(self, rules: list[Rule]) -> int:
        """Return the number of the last record of the chain that these rules make."""
        key = tuple(rule.change.id for rule in rules)
        if key not in self._chains:
            spans = list(_spans(rules))
            first = self._used
            self._make_room(len(spans))
            for back, span in enumerate(reversed(spans)):
                self._room[first + back] = self._record(span, first + back + 1)
            self._chains[key] = first
        return self._chains[key]

    def _record(self, span: _Span, before: int) -> Any:
        config, weighting = self._config, self._weighting
        if span.override is not None:
            config = replace(config, budget_days=span.override.budget_days or config.budget_days)
            weighting = without(weighting, span.override.off)
        (record,) = settings_record(config, weighting, self._score_ms)
        record["begins"], record["before"] = span.begins, before
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
    borders = sorted({ALWAYS, *(at for rule in rules for at in (rule.begins, rule.until))})
    before: _Span | None = None
    for border in borders:
        span = _span(border, [rule for rule in rules if rule.holds(border)])
        if before is None or span.effect != before.effect:
            yield span
            before = span


def _span(begins: int, rules: list[Rule]) -> _Span:
    """Return what rules come to that hold at once, the newest last."""
    kinds = [rule.change.what for rule in rules]
    overrides = [what for what in kinds if isinstance(what, Override)]
    planned = any(isinstance(what, Window) for what in kinds)
    frozen = any(isinstance(what, Suppress) for what in kinds)
    return _Span(begins, overrides[-1] if overrides else None, not planned, not (planned or frozen))
