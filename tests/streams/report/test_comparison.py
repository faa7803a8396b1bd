"""What other settings would have raised."""

from __future__ import annotations

from typing import Any

from streams.report.comparison import APART_MS, Episode, compare, episodes_of


def episode(uid: str, tenant: str, opened: int, closed: int | None = None) -> Episode:
    return Episode(uid, tenant, opened, opened, closed, 2.0)


def line(uid: str, activity: int, time: int, excess: float) -> dict[str, Any]:
    return {
        "settings": "detector.budget_days=30",
        "uid": uid,
        "tenant": "acme",
        "newcomer": False,
        "activity_id": activity,
        "time": time,
        "start_time": time - 5,
        "severity_id": 3,
        "excess": excess,
    }


def test_the_lines_of_a_try_become_episodes() -> None:
    lines = [line("a", 1, 100, 1.5), line("a", 2, 200, 9.0), line("a", 3, 300, 2.0), line("b", 1, 400, 1.1)]
    first, second = episodes_of(lines)["detector.budget_days=30"]
    assert (first.started, first.opened, first.closed, first.excess) == (95, 100, 300, 9.0)
    assert (second.opened, second.closed) == (400, None)


def test_the_same_uid_is_the_same_episode() -> None:
    one, other = episode("a", "acme", 100), episode("a", "acme", 100)
    assert compare("x", [one], [other]).kept == [(one, other)]


def test_an_episode_that_another_request_opened_is_found_by_its_tenant_and_time() -> None:
    one = episode("a", "acme", 1_000, 2_000)
    near, far = episode("b", "acme", 1_500), episode("c", "acme", 2_001 + APART_MS)
    result = compare("x", [one], [far, near])
    assert (result.kept, result.dropped, result.added) == ([(one, near)], [], [far])


def test_what_nobody_opened_is_dropped_and_what_is_new_is_added() -> None:
    one, other = episode("a", "acme", 1_000), episode("b", "globex", 1_000)
    result = compare("x", [one], [other])
    assert (result.kept, result.dropped, result.added) == ([], [one], [other])


def test_campaigns_are_matched_by_their_uid_alone() -> None:
    one, other = episode("a", "", 1_000), episode("b", "", 1_000)
    assert compare("x", [one], [other]).dropped == [one]
