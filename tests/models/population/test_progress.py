from __future__ import annotations

from models.codec import Reader, Writer
from models.population.progress import DISORDER_MS, Progress

T = 1_772_582_400_000


def test_all_are_as_far_as_the_slowest() -> None:
    progress = Progress(3)
    for partition, time in enumerate((T + 30, T + 10, T + 20)):
        progress.reach(partition, time)
    assert (progress.all, progress.newest) == (T + 10, T + 30)


def test_one_that_has_not_said_anything_holds_up_all() -> None:
    progress = Progress(2)
    progress.reach(0, T)
    assert (progress.all, progress.settled) == (0, 0)


def test_a_partition_that_rests_is_as_far_as_the_others_were_when_it_said_so_last() -> None:
    progress = Progress(2)
    progress.rest(1)
    progress.reach(0, T)
    progress.rest(1)
    progress.reach(0, T + 5)
    assert progress.all == 0
    progress.rest(1)
    assert progress.all == T
    progress.rest(1)
    assert progress.all == T + 5


def test_where_all_rest_they_come_as_far_as_the_newest() -> None:
    progress = Progress(3)
    for partition, time in enumerate((T, T + 7, 0)):
        progress.reach(partition, time)
    for partition in (0, 1, 2, 0, 1, 2):
        progress.rest(partition)
    assert progress.all == T + 7
    assert progress.settled == T + 7 - DISORDER_MS


def test_a_partition_that_judges_again_does_not_go_back() -> None:
    progress = Progress(2)
    progress.reach(0, T)
    progress.rest(1)
    progress.rest(1)
    progress.reach(1, T - 5)
    assert progress.all == T


def test_nobody_goes_back_and_what_is_not_there_is_not_heard() -> None:
    progress = Progress(1)
    progress.reach(0, T)
    progress.reach(0, T - 100)
    progress.reach(5, T + 100)
    assert (progress.all, progress.newest) == (T, T)


def test_nothing_has_been_reached_without_partitions() -> None:
    assert Progress(0).all == 0


def test_times_come_back_and_a_new_partition_has_yet_to_speak() -> None:
    progress, out = Progress(2), Writer()
    progress.reach(0, T)
    progress.reach(1, T + 5)
    progress.rest(0)
    progress.dump(out)
    same, grown = Progress(2), Progress(3)
    for each in (same, grown):
        each.load(Reader(out.finish()))
    assert (same.all, same.newest) == (T, T + 5)
    same.rest(0)
    assert same.all == T
    assert grown.all == 0
