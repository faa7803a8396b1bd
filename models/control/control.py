"""What all changes so far add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from models.control.records import (
    EVERYBODY,
    Allow,
    Change,
    Judged,
    Override,
    Remove,
    Sample,
    Shadow,
    Suppress,
    Verdict,
    Window,
)
from models.control.rules import FOREVER, Rule, Tenants, rule_of
from models.errors import ControlError

MOST = 50_000
"""Changes that are kept; beyond it the oldest of those go that hold no more."""

PRECISION_OF = (Verdict.TRUE_POSITIVE, Verdict.FALSE_POSITIVE, Verdict.BENIGN)


class Control:
    """Changes in the order of their topic, each under its id; of two with one id the later counts.

    It is not changed once it is made: what adds a change returns another one.

    Parameters
    ----------
    changes
        By id, in order.
    """

    def __init__(self, changes: Mapping[str, Change] | None = None) -> None:
        self._changes = dict(changes or {})

    @property
    def changes(self) -> Mapping[str, Change]:
        """All changes by id, in order."""
        return self._changes

    def with_change(self, change: Change) -> Control:
        """Return what this and one more change add up to.

        Raises
        ------
        ControlError
            It takes back what is not there, or too much holds at once.
        """
        draft = Draft(self)
        draft.add(change)
        return draft.finish()

    @cached_property
    def ended(self) -> Mapping[str, int]:
        """When changes were taken back, by their ids, in Unix milliseconds."""
        removed: dict[str, int] = {}
        for change in self._changes.values():
            if isinstance(change.what, Remove):
                before = removed.get(change.what.target, FOREVER)
                removed[change.what.target] = min(before, change.time)
        return removed

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All that holds at some event time, the oldest change first."""
        made = (rule_of(change, self.ended.get(name, FOREVER)) for name, change in self._changes.items())
        return tuple(rule for rule in made if rule is not None and rule.begins < rule.until)

    @cached_property
    def verdicts(self) -> Mapping[str, Change]:
        """The last verdict on each finding, by the finding's uid."""
        return {
            change.what.finding: change
            for name, change in self._changes.items()
            if isinstance(change.what, Judged) and name not in self.ended
        }

    @cached_property
    def tally(self) -> Counter[tuple[Verdict, str]]:
        """How many findings have which verdict, by their strongest signal."""
        given = (change.what for change in self.verdicts.values())
        return Counter((what.verdict, what.signal) for what in given if isinstance(what, Judged))

    @cached_property
    def precision(self) -> Mapping[str, float]:
        """By signal, the share of true positives among the verdicts but `test`; none where there are none."""
        found = {}
        for signal in {signal for _, signal in self.tally}:
            counts = [self.tally[verdict, signal] for verdict in PRECISION_OF]
            if sum(counts):
                found[signal] = counts[0] / sum(counts)
        return found

    def history(self, tenant: str) -> list[Change]:
        """Return every change that touched a tenant, those to everybody and to patterns among them."""
        touched = {name for name, change in self._changes.items() if concerns(change, tenant)}
        return [
            change
            for name, change in self._changes.items()
            if name in touched or (isinstance(change.what, Remove) and change.what.target in touched)
        ]


class Draft:
    """Adds many changes at once.

    Parameters
    ----------
    start
        What to begin with.
    most
        Changes that are kept.
    """

    def __init__(self, start: Control | None = None, most: int = MOST) -> None:
        self._changes = dict(start.changes) if start is not None else {}
        self._most = most

    def add(self, change: Change) -> None:
        """Take in a change; one with a known id stands in place of it, at the end.

        Raises
        ------
        ControlError
            It takes back what is not there, or too much holds at once; it changes nothing then.
        """
        if isinstance(change.what, Remove):
            self._check_target(change.what.target)
        before = self._changes.pop(change.id, None)
        if before is None and len(self._changes) >= self._most:
            self._make_room()
        self._changes[change.id] = change

    def forget(self, name: str) -> None:
        """Take note that a change was deleted from the topic."""
        self._changes.pop(name, None)

    def finish(self) -> Control:
        """Return what the changes add up to."""
        return Control(self._changes)

    def _check_target(self, target: str) -> None:
        known = self._changes.get(target)
        if known is None:
            raise ControlError(
                "unknown_id", f"there is no change {target!r}: see `distillwatch control list`"
            )
        if isinstance(known.what, Remove | Sample):
            raise ControlError("wrong_value", f"{target!r} is a {known.kind}, which cannot be taken back")

    def _make_room(self) -> None:
        """Drop an eighth of the changes, the oldest of those that hold no more; it looks at all of them."""
        kept = Control(self._changes)
        latest = max(change.time for change in self._changes.values())
        holding = {rule.change.id for rule in kept.rules if rule.until > latest}
        spent = [name for name in self._changes if name not in holding]
        needed = max(1, self._most // 8)
        if len(spent) < needed:
            detail = f"{len(holding)} changes hold already: take back some of them with `remove`"
            raise ControlError("too_many", detail)
        for name in spent[:needed]:
            del self._changes[name]


def concerns(change: Change, tenant: str) -> bool:
    """Tell whether a change is about a tenant, or about all."""
    what = change.what
    if isinstance(what, Suppress):
        return Tenants(what.tenant).fit(tenant)
    if isinstance(what, Window):
        return what.tenant in {tenant, EVERYBODY}
    if isinstance(what, Shadow):
        return not what.name or what.name == tenant
    return isinstance(what, Allow | Override | Judged | Sample) and what.tenant == tenant
