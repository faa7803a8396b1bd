"""How far all partitions of all sources are."""

from __future__ import annotations

from streams.population_records import Mark
from streams.source_progress import SourceProgress


def test_the_same_partition_of_two_topics_is_two_partitions() -> None:
    progress = SourceProgress({"a": 2, "b": 1})
    progress.hear(Mark(0, 1_000, idle=False, topic="a"), 0)
    progress.hear(Mark(1, 2_000, idle=False, topic="a"), 0)
    assert progress.all == 0
    progress.hear(Mark(0, 500, idle=False, topic="b"), 0)
    assert progress.all == 500


def test_a_mark_without_a_topic_is_of_the_first_source() -> None:
    progress = SourceProgress({"a": 1, "b": 1})
    progress.hear(Mark(0, 700, idle=False), 0)
    progress.hear(Mark(0, 900, idle=False, topic="b"), 0)
    assert progress.all == 700


def test_a_topic_or_a_partition_that_is_no_source_is_left_out() -> None:
    progress = SourceProgress({"a": 1, "b": 1})
    for mark in (Mark(0, 5, idle=False, topic="gone"), Mark(1, 5, idle=False, topic="a")):
        progress.hear(mark, 0)
    progress.hear(Mark(0, 900, idle=False, topic="a"), 0)
    assert progress.all == 0


def test_an_idle_topic_holds_up_no_other() -> None:
    progress = SourceProgress({"a": 1, "b": 1})
    progress.hear(Mark(0, 0, idle=True, topic="b"), 0)
    progress.hear(Mark(0, 900, idle=False, topic="a"), 0)
    progress.hear(Mark(0, 0, idle=True, topic="b"), 0)
    progress.hear(Mark(0, 0, idle=True, topic="b"), 0)
    assert progress.all == 900


def test_nothing_is_reached_where_there_are_no_sources() -> None:
    assert SourceProgress({}).all == 0


def test_where_all_rest_and_nobody_knows_how_far_they_are_what_was_judged_before_says_it() -> None:
    """As after a crash, where nothing more comes: else what waits for its batch would wait for ever."""
    progress = SourceProgress({"a": 1, "b": 1})
    for topic in ("a", "b"):
        progress.hear(Mark(0, 0, idle=True, topic=topic), 900)
    assert progress.all == 0, "something from before may be under way"
    progress.hear(Mark(0, 0, idle=True, topic="a"), 1_200)
    progress.hear(Mark(0, 0, idle=True, topic="b"), 1_200)
    assert progress.all == 900
