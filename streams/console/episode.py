"""One episode, or one campaign, as its findings tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from models.finding import Activity, RequestRef, Severity
from streams.console.statement import MemberView, Statement
from streams.finding_view import SAMPLE, Comparison

MOST_STEPS = 100
"""Findings of an episode that are kept, the first and the newest."""
MOST_MEMBERS = 20_000
"""Members of a campaign that are kept."""
MOST_REQUESTS = 64
"""Places of requests that are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finding of an episode."""

    time: int
    activity: Activity
    severity: Severity
    excess: float
    message: str


@dataclass(frozen=True, slots=True)
class Episode:
    """What is known of an episode. Times are event times in Unix milliseconds.

    Parameters
    ----------
    latest
        The newest finding that is no Close; a Close where there is no other.
    strongest
        The strongest signal of the first finding, which is what raised it.
    opened, changed
        Times of the first and of the newest finding.
    closed
        When it closed; 0 while it is open.
    ending
        The Close, or the newest finding while it is open.
    marks
        What sets it apart from a live alert, see `FindingView.marks`.
    """

    uid: str
    latest: Statement
    ending: Statement
    strongest: str
    opened: int
    changed: int
    closed: int = 0
    steps: tuple[Step, ...] = ()
    members: Mapping[str, MemberView] = field(default_factory=dict)
    requests: tuple[RequestRef, ...] = ()

    @property
    def tenant(self) -> str:
        """Whom it is about; empty for a campaign."""
        return self.latest.view.tenant

    @property
    def is_campaign(self) -> bool:
        """Whether it is about many accounts."""
        return not self.tenant

    @property
    def severity(self) -> Severity:
        """How grave it is, or was when it closed."""
        return self.latest.view.severity

    @property
    def marks(self) -> tuple[str, ...]:
        """Of `suppressed`, `experimental`, `replay` and `sample`."""
        return self.latest.view.marks

    @property
    def alerts(self) -> bool:
        """Whether it concerns people: it is neither suppressed nor experimental, nor of the past."""
        return self.latest.view.pages

    @property
    def comparison(self) -> Comparison | None:
        """The strongest signal with what was observed and expected."""
        return next(iter(self.latest.view.comparisons), None)

    def concerns(self, tenant: str) -> bool:
        """Tell whether it is about this tenant, or names it as a member."""
        return tenant == self.tenant or tenant in self.members


def begun(statement: Statement) -> Episode:
    """Return what the first finding of an episode tells; a test finding is the only one of its episode."""
    view = statement.view
    strongest = view.comparisons[0].signal if view.comparisons else ""
    if not view.tenant:
        strongest = "campaign"
    bare = Episode(view.uid, statement, statement, strongest, opened=view.time, changed=view.time)
    return _with(bare, statement)


def told(episode: Episode, statement: Statement) -> Episode:
    """Return the episode after one more finding; a repeat, or one that is older, changes nothing."""
    view = statement.view
    stamp = (view.time, int(view.activity))
    last = (episode.changed, int(episode.ending.view.activity))
    if episode.closed or (stamp <= last and view.activity is not Activity.CLOSE):
        return episode
    return _with(episode, statement)


def _with(episode: Episode, statement: Statement) -> Episode:
    view = statement.view
    closes = view.activity is Activity.CLOSE
    step = Step(view.time, view.activity, view.severity, statement.excess, view.message)
    steps = (*episode.steps, step)
    return replace(
        episode,
        latest=episode.latest if closes else statement,
        ending=statement,
        changed=view.time,
        closed=view.time if closes or SAMPLE in view.marks else 0,
        steps=steps if len(steps) <= MOST_STEPS else (steps[0], *steps[2:]),
        members=_grown(episode.members, statement.members),
        requests=_known(episode.requests, view.requests),
    )


def _grown(members: Mapping[str, MemberView], more: tuple[MemberView, ...]) -> Mapping[str, MemberView]:
    room = MOST_MEMBERS - len(members)
    return {**members, **{member.tenant: member for member in more[: max(0, room)]}} if more else members


def _known(before: tuple[RequestRef, ...], more: tuple[RequestRef, ...]) -> tuple[RequestRef, ...]:
    return tuple(dict.fromkeys((*before, *more)))[-MOST_REQUESTS:]
