from __future__ import annotations

from streams.admin import GroupLag
from streams.doctor import judge_lag


def at(committed: int | None, first: int, end: int) -> GroupLag:
    return GroupLag("t", 0, committed, first, end)


def test_lag_counts_what_is_stored_and_not_read() -> None:
    found = judge_lag("t", [at(5, 0, 9), at(None, 2, 4)])
    assert (found.ok, found.detail) == (True, "'t': 6 records to read")


def test_a_group_that_never_committed_is_said_to_be_new() -> None:
    assert "has not committed anything there yet" in judge_lag("t", [at(None, 0, 0)]).detail


def test_records_that_expired_unread_are_an_error() -> None:
    found = judge_lag("t", [at(3, 10, 20), at(0, 0, 0)])
    assert (found.ok, found.detail) == (False, "7 records of 't' expired before they were read")


def test_offsets_beyond_the_end_betray_a_topic_that_was_made_anew() -> None:
    found = judge_lag("t", [at(30, 0, 20)])
    assert not found.ok
    assert "--delete-offsets" in found.remedy
