"""The changes that an operator can make, as values.

Every period begins with its first millisecond and ends before its last, and is meant in event time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.finding import Severity

EVERYBODY = "*"
"""The pattern of every tenant."""

SLACK_MS = 3_600_000
"""A verdict is about an episode that opened at most so long after it: clocks and events may be apart.

Who chooses the ids of its requests can have a later episode be called as one that was answered.
"""


class Verdict(StrEnum):
    """What an analyst makes of a finding."""

    FALSE_POSITIVE = "false_positive"
    BENIGN = "benign"
    TRUE_POSITIVE = "true_positive"
    TEST = "test"


class Scope(StrEnum):
    """What is in shadow."""

    APPLICATION = "application"
    TENANT = "tenant"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Allow:
    """A tenant's findings alert nobody, for a declared purpose; `until` is 0 for good."""

    tenant: str
    purpose: str
    begins: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Override:
    """A tenant is judged by settings of its own.

    Parameters
    ----------
    budget_days
        In place of `detector.budget_days`; 0 leaves it.
    off
        Signals that do not count.
    purpose
        What the tenant is for; may be empty.
    until
        0 for good.
    """

    tenant: str
    budget_days: float
    off: tuple[str, ...]
    purpose: str
    begins: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Planned load: requests are counted, and neither weighed nor learned; `*` stands for every tenant."""

    tenant: str
    purpose: str
    begins: int
    until: int


@dataclass(frozen=True, slots=True)
class Suppress:
    """Findings that alert nobody, or tenants that are not learned from.

    Parameters
    ----------
    tenant
        A name, or a pattern with `*` and `?`.
    signal
        Only findings with this strongest signal; any if empty.
    severity_at_most
        Only findings that are not graver.
    no_alert, no_learn
        Whether matching findings alert nobody, and whether matching tenants are not learned from.
    dry_run
        What matches is counted, and nothing else happens.
    """

    tenant: str
    signal: str
    severity_at_most: Severity
    no_alert: bool
    no_learn: bool
    dry_run: bool
    begins: int
    until: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a finding.

    Parameters
    ----------
    finding
        Its uid.
    tenant
        Whom it is about; empty for a campaign.
    signal
        Its strongest signal, `campaign` for a campaign.
    """

    finding: str
    verdict: Verdict
    tenant: str
    signal: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """Findings are marked as experimental and alert nobody; `name` is empty for the application."""

    scope: Scope
    name: str
    on: bool
    begins: int


@dataclass(frozen=True, slots=True)
class Remove:
    """An earlier change ends."""

    target: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The worker that has a tenant is to say a test finding."""

    tenant: str


What = Allow | Override | Window | Suppress | Judged | Shadow | Remove | Sample

KINDS: dict[str, type[What]] = {
    "allow": Allow,
    "override": Override,
    "window": Window,
    "suppress": Suppress,
    "verdict": Judged,
    "shadow": Shadow,
    "remove": Remove,
    "sample": Sample,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the control topic.

    Parameters
    ----------
    id
        Names the change, and is the record's key.
    time
        When it was made, in Unix milliseconds.
    author
        Who made it.
    reason
        Why, in words; may be empty but for suppressions.
    what
        Is changed.
    """

    id: str
    time: int
    author: str
    reason: str
    what: What

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return next(name for name, kind in KINDS.items() if isinstance(self.what, kind))
