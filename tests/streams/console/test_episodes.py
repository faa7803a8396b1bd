"""Findings folded into episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from models.control.annotation import Annotation
from models.control.records import Change, Judged, Verdict
from models.finding import Activity, Severity
from streams.console.episode import MOST_REQUESTS, MOST_STEPS
from streams.console.episodes import Episodes
from streams.console.statement import read_statement
from tests.streams.console.world import HOUR, NOW, campaign, finding

if TYPE_CHECKING:
    from streams.console.episode import Episode

CLOSE, UPDATE = Activity.CLOSE, Activity.UPDATE


def told(*values: bytes, days: float = 30, most: int = 100) -> Episodes:
    """Episodes that were told these findings."""
    episodes = Episodes(days, most)
    for value in values:
        episodes.take(read_statement(value))
    return episodes


def only(episodes: Episodes) -> Episode:
    """The one episode that there is."""
    (episode,) = [*episodes.open(), *episodes.closed()]
    return episode


def test_an_episode_opens_grows_and_closes() -> None:
    opened = finding("a", "acme", severity=Severity.MEDIUM)
    graver = finding("a", "acme", activity=UPDATE, time=NOW + 1, severity=Severity.HIGH)
    closed = finding("a", "acme", activity=CLOSE, time=NOW + 2, severity=Severity.HIGH)
    assert only(told(opened, graver)).severity is Severity.HIGH
    episode = only(told(opened, graver, closed))
    assert (episode.opened, episode.closed, len(episode.steps)) == (NOW, NOW + 2, 3)
    assert episode.latest.view.activity is UPDATE


def test_repeats_and_older_findings_change_nothing() -> None:
    opened = finding("a", "acme")
    graver = finding("a", "acme", activity=UPDATE, time=NOW + 1, severity=Severity.CRITICAL)
    once, again = only(told(opened, graver)), only(told(opened, graver, opened, graver, opened))
    assert once == again


def test_what_comes_after_the_close_changes_nothing() -> None:
    closed = finding("a", "acme", activity=CLOSE, time=NOW + 2)
    late = finding("a", "acme", activity=UPDATE, time=NOW + 3)
    assert only(told(finding("a", "acme"), closed, late)).closed == NOW + 2


def test_a_campaigns_members_are_joined_from_all_its_findings() -> None:
    values = [campaign("c", 3), campaign("c", 5, activity=UPDATE, time=NOW + 1)]
    episode = only(told(*values))
    assert sorted(episode.members) == [f"acct-{number:03}" for number in range(5)]
    assert (episode.is_campaign, episode.strongest) == (True, "campaign")
    assert [one.uid for one in told(*values).concerning("acct-004")] == ["c"]


def test_suppressed_episodes_alert_nobody_until_a_finding_that_is_not() -> None:
    quiet = finding("a", "acme", Annotation(suppressed_by=("rule",)))
    loud = finding("a", "acme", activity=UPDATE, time=NOW + 1)
    assert not only(told(quiet)).alerts
    assert only(told(quiet)).latest.silenced_by == ("rule",)
    assert only(told(quiet, loud)).alerts


def test_a_close_by_verdict_says_who_gave_it_and_why() -> None:
    judged = Judged("a", Verdict.BENIGN, "acme", "novelty")
    annotation = Annotation(verdict=Change("v", NOW, "ann", "a launch", judged))
    episode = only(told(finding("a", "acme"), finding("a", "acme", annotation, activity=CLOSE, time=NOW + 1)))
    assert (episode.ending.verdict, episode.ending.author, episode.ending.comment) == (
        "benign",
        "ann",
        "a launch",
    )


def test_a_test_finding_is_never_open() -> None:
    assert told(finding("a", "acme", Annotation(sample="s"))).open() == []


def test_closed_ones_are_forgotten_with_time_and_open_ones_are_not() -> None:
    old = [finding("a", "acme", time=NOW), finding("a", "acme", activity=CLOSE, time=NOW + 1)]
    episodes = told(
        finding("b", "other", time=NOW), *old, finding("c", "third", time=NOW + 49 * HOUR), days=2
    )
    assert [episode.uid for episode in episodes.open()] == ["c", "b"]
    assert episodes.closed() == []


def test_memory_is_bounded_and_closed_ones_go_first() -> None:
    values = [
        finding("z", "closed", activity=CLOSE),
        *(finding(f"u{n}", f"t{n}", time=NOW + n) for n in range(9)),
    ]
    episodes = told(*values, most=5)
    assert [episode.uid for episode in episodes.open()] == ["u8", "u7", "u6", "u5", "u4"]
    assert not episodes.is_watched("t3")
    assert episodes.is_watched("t4")


def test_a_long_episode_keeps_its_first_and_its_newest_findings() -> None:
    values = [finding("a", "acme", activity=UPDATE, time=NOW + number) for number in range(MOST_STEPS + 50)]
    episode = only(told(*values))
    assert (episode.steps[0].time, episode.steps[-1].time) == (NOW, NOW + MOST_STEPS + 49)
    assert len(episode.steps) == MOST_STEPS
    assert len(episode.requests) <= MOST_REQUESTS


step = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(list(Activity)),
    st.integers(0, 9),
    st.sampled_from(list(Severity)),
)


@given(st.lists(step, max_size=25))
def test_telling_all_of_it_again_changes_nothing(steps: list[tuple[str, Activity, int, Severity]]) -> None:
    values = [
        finding(uid, uid, activity=kind, time=NOW + at, severity=level) for uid, kind, at, level in steps
    ]
    once = told(*values)
    again = told(*values, *values)
    assert once.open() == again.open()
    assert once.closed() == again.closed()
    assert {one.tenant for one in once.open()} == {name for name in "abc" if once.is_watched(name)}
