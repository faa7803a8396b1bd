"""Changes that hold for a while, and whom they concern."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache

from models.control.records import Allow, Change, Override, Shadow, Suppress, Window

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Rule:
    """A change with the period of event time in which it holds, in Unix milliseconds.

    Parameters
    ----------
    until
        The first millisecond after the period; not above `begins` where nothing is left of it.
    """

    change: Change
    begins: int
    until: int

    def holds(self, time: int) -> bool:
        """Tell whether an event time lies in the period."""
        return self.begins <= time < self.until


@dataclass(slots=True)
class Tenants:
    """Tells whether a pattern of `*` and `?` fits a tenant's name.

    Parameters
    ----------
    pattern
        Without `*` and `?` it fits that tenant alone.
    """

    pattern: str
    _expression: re.Pattern[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Prepare the expression."""
        if not self.exact:
            self._expression = _expression(self.pattern)

    @property
    def exact(self) -> bool:
        """Whether it names one tenant."""
        return not {"*", "?"} & set(self.pattern)

    def fit(self, tenant: str) -> bool:
        """Tell whether it fits."""
        if self._expression is None:
            return tenant == self.pattern
        return self._expression.match(tenant) is not None


@lru_cache(4096)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return an expression whose time is bounded whatever the name: it never goes back."""
    return re.compile(translate(pattern.replace("[", "[[]")))


def makes_rule(change: Change) -> bool:
    """Tell whether a change is one that holds for a while."""
    return rule_of(change, FOREVER) is not None


def rule_of(change: Change, ended: int) -> Rule | None:
    """Return the rule that a change makes, if it makes one; `ended` is when the change was taken back."""
    what = change.what
    if isinstance(what, Shadow):
        return Rule(change, what.begins, ended)
    if isinstance(what, Allow | Override | Window | Suppress):
        return Rule(change, what.begins, min(what.until or FOREVER, ended))
    return None
