"""Findings: the name of an episode, and the numbers of the standards."""

from __future__ import annotations

from uuid import UUID

from models.finding import Activity, Severity, episode_uid


def test_the_uid_of_an_episode_is_pinned() -> None:
    """A consumer drops repetitions by it: it must never change for events that were seen."""
    assert episode_uid("acme", "req-1") == "21c57b03-5510-50b6-bdc7-edb004d2b25e"


def test_the_uid_is_a_version_5_uuid() -> None:
    assert UUID(episode_uid("acme", "req-1")).version == 5


def test_tenant_and_event_both_count() -> None:
    uids = {
        episode_uid(*pair)
        for pair in [("a", "b"), ("b", "a"), ("a", "c"), ("ab", ""), ("", "ab"), ("a", "bc")]
    }
    assert len(uids) == 6


def test_activities_and_severities_are_those_of_ocsf() -> None:
    assert [int(activity) for activity in Activity] == [1, 2, 3]
    assert [int(severity) for severity in Severity] == [1, 2, 3, 4, 5]
