"""The share of the time at work follows what is worked, and stays a share."""

from __future__ import annotations

import pytest

from streams.busy import Busy


def test_a_stage_that_works_a_third_of_the_time_is_a_third_busy() -> None:
    busy = Busy()
    for _ in range(60):
        busy.work(0.1)
        busy.work(0.2)
        share = busy.look(0.9)
    assert share == pytest.approx(1 / 3)


def test_old_work_fades() -> None:
    busy = Busy()
    busy.work(1.0)
    first = busy.look(1.0)
    assert first == 1.0
    assert busy.look(1.0) < first
    for _ in range(100):
        share = busy.look(1.0)
    assert share < 0.001


@pytest.mark.parametrize("passed", [0.0, 0.5])
def test_more_work_than_time_is_no_more_than_busy(passed: float) -> None:
    busy = Busy()
    busy.work(2.0)
    assert 0 <= busy.look(passed) <= 1
