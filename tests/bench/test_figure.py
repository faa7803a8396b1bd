"""Figures: medians, ratios within a run, and whether they hold."""

from __future__ import annotations

import pytest

from bench.figure import Sample, at_least, at_most, beside, stated, unable

ONE = Sample.of([1.0])


def test_a_sample_knows_its_middle_and_its_ends() -> None:
    sample = Sample.of([3, 1, 2, 10])
    assert (sample.median, sample.lowest, sample.highest) == (2.5, 1, 10)


def test_a_sample_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        Sample.of([])


def test_ratios_are_taken_run_by_run() -> None:
    assert Sample.of([10, 30]).over(Sample.of([5, 10])).values == (2.0, 3.0)


def test_ratios_of_unlike_numbers_of_runs_take_every_pair() -> None:
    assert sorted(Sample.of([10, 20]).over(Sample.of([10])).values) == [1.0, 2.0]


@pytest.mark.parametrize(("ours", "holds"), [([15, 16, 14], True), ([14, 16, 14], False)])
def test_a_ratio_holds_by_its_median(ours: list[float], holds: bool) -> None:  # noqa: FBT001
    figure = beside("detect", "events/s", Sample.of(ours), "limit", Sample.of([100, 100, 100]), least=0.15)
    assert figure.holds is holds
    assert (figure.asked, figure.limit) == (">= 15%", 0.15)


def test_a_ratio_above_one_is_asked_for_in_times() -> None:
    assert beside("fused", "events/s", ONE, "Faust", ONE, least=5).asked == ">= 5 times"


def test_a_ratio_of_which_nothing_is_asked_is_only_stated() -> None:
    assert beside("fused", "events/s", ONE, "Faust", ONE).holds is None


def test_limits_bound_the_median_itself() -> None:
    assert at_most("crash to first event", "s", Sample.of([29, 31, 30]), 30).holds is True
    assert at_least("fused", "events/s", Sample.of([49_999]), 50_000).holds is False
    assert at_least("fused", "events/s", Sample.of([49_999]), 50_000).asked == ">= 50,000 events/s"
    assert stated("whole", "events/s", ONE).holds is None


def test_a_peer_that_could_not_run_says_why() -> None:
    assert unable("fused", "events/s", ONE, "Bytewax", "no wheel").peer == "Bytewax: no wheel"


def test_as_fast_at_least_is_asked_for_as_faster() -> None:
    figure = beside("fused", "events/s", Sample.of([2]), "Quix Streams", ONE, least=1)
    assert (figure.asked, figure.holds) == ("faster", True)
