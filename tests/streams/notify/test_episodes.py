"""One message an episode."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.finding import Activity, Severity
from streams.finding_view import FindingView
from streams.notify.episodes import Episodes, News
from tests.streams.notify.findings import view

CREATE, UPDATE, CLOSE = Activity
TIME = 1_772_582_400_000


def at(step: int, activity: Activity, mark: str = "", severity: Severity = Severity.HIGH) -> FindingView:
    """A finding of the one episode, so many seconds after the first."""
    return view(mark, activity=activity, severity=severity, time=TIME + step * 1000)


def news(*findings: FindingView, least: Severity = Severity.MEDIUM) -> list[News | None]:
    """What each is to whoever heard those before."""
    episodes = Episodes(least)
    return [episodes.take(finding) for finding in findings]


def test_an_episode_is_told_when_it_opens_and_when_it_closes() -> None:
    assert news(at(0, CREATE), at(1, UPDATE), at(2, UPDATE), at(3, CLOSE)) == [
        *(News.OPENED, None, None, News.RESOLVED),
    ]


def test_another_severity_is_a_change() -> None:
    graver = at(1, UPDATE, severity=Severity.CRITICAL)
    assert news(at(0, CREATE), graver, at(2, UPDATE, severity=Severity.CRITICAL)) == [
        *(News.OPENED, News.CHANGED, None),
    ]


@pytest.mark.parametrize("mark", ["suppressed", "experimental"])
def test_what_was_marked_at_first_is_told_by_the_first_finding_without_a_mark(mark: str) -> None:
    assert news(at(0, CREATE, mark), at(1, UPDATE, mark), at(2, UPDATE), at(3, CLOSE)) == [
        *(None, None, News.OPENED, News.RESOLVED),
    ]


@pytest.mark.parametrize("mark", ["suppressed", "experimental", "replay"])
def test_what_is_marked_to_the_end_is_never_told(mark: str) -> None:
    assert news(*(at(step, activity, mark) for step, activity in enumerate(Activity))) == [None] * 3


def test_a_finding_of_a_backtest_changes_nothing_that_is_known() -> None:
    assert news(at(0, CREATE), at(9, CLOSE, "replay"), at(3, CLOSE)) == [News.OPENED, None, News.RESOLVED]


def test_an_alert_that_was_told_is_resolved_even_if_it_was_suppressed_since() -> None:
    assert news(at(0, CREATE), at(1, UPDATE, "suppressed"), at(2, CLOSE, "suppressed")) == [
        *(News.OPENED, None, News.RESOLVED),
    ]


def test_a_sample_is_told_once_and_is_not_open_afterwards() -> None:
    episodes = Episodes(Severity.MEDIUM)
    assert [episodes.take(at(0, CREATE, "sample")) for _ in range(2)] == [News.OPENED, None]
    assert episodes.open_uids() == []


def test_an_episode_is_told_once_it_is_grave_enough() -> None:
    mild, grave = at(0, CREATE, severity=Severity.MEDIUM), at(1, UPDATE, severity=Severity.CRITICAL)
    assert news(mild, grave, least=Severity.CRITICAL) == [None, News.OPENED]
    assert news(mild, at(1, CLOSE, severity=Severity.MEDIUM), least=Severity.CRITICAL) == [None, None]


def test_a_close_of_what_nobody_was_told_is_no_news() -> None:
    assert news(at(3, CLOSE)) == [None]


def test_what_a_worker_says_again_after_a_crash_is_no_news() -> None:
    first, second, third = at(0, CREATE), at(1, UPDATE), at(2, CLOSE)
    assert news(first, second, first, second, third, first, second, third) == [
        *(News.OPENED, None, None, None, News.RESOLVED, None, None, None),
    ]


def test_the_open_ones_are_known() -> None:
    episodes = Episodes(Severity.MEDIUM)
    episodes.take(at(0, CREATE))
    assert episodes.open_uids() == [view().uid]
    episodes.take(at(1, CLOSE))
    assert episodes.open_uids() == []


def test_memory_is_bounded_and_forgets_what_changed_least_recently() -> None:
    episodes = Episodes(Severity.MEDIUM, most=2)
    for uid in ("a", "b", "a", "c"):
        episodes.take(view(uid=uid, time=TIME + 1))
    assert episodes.open_uids() == ["b", "c"]


STATEMENTS = st.builds(
    lambda uid, step, activity, mark, severity: view(
        mark, uid=uid, time=TIME + step, activity=activity, severity=severity
    ),
    st.sampled_from("ab"),
    st.integers(0, 5),
    st.sampled_from(list(Activity)),
    st.sampled_from(["", "suppressed", "experimental", "replay"]),
    st.sampled_from([Severity.LOW, Severity.MEDIUM, Severity.CRITICAL]),
)


@given(st.lists(STATEMENTS, max_size=30))
def test_whatever_comes_an_episode_opens_at_most_once_and_closes_at_most_once_after(
    statements: Sequence[FindingView],
) -> None:
    told = list(zip(statements, news(*statements), strict=True))
    for uid in "ab":
        said = [what for finding, what in told if finding.uid == uid and what is not None]
        assert said.count(News.OPENED) == (1 if said else 0)
        assert said.count(News.RESOLVED) <= 1
        assert not said or said[0] is News.OPENED
        assert News.RESOLVED not in said[:-1]


@given(st.lists(STATEMENTS, max_size=30), st.integers(0, 30))
def test_reading_again_from_the_beginning_makes_the_same_memory(
    statements: Sequence[FindingView], crash: int
) -> None:
    before, after = Episodes(Severity.MEDIUM), Episodes(Severity.MEDIUM)
    for finding in statements[:crash]:
        before.take(finding)
    for finding in statements[:crash]:
        after.take(finding)
    rest = statements[crash:]
    assert [before.take(finding) for finding in rest] == [after.take(finding) for finding in rest]
