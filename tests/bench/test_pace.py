"""The stopwatch of measured processes, and what is read of them."""

from __future__ import annotations

import json
import os
import sys
from subprocess import CalledProcessError

import pytest

from bench.pace import Pace, Stopwatch, of
from bench.worker import ENOUGH_LOOKS, Look, between, cpu_seconds


def test_a_pace_is_read_by_the_wall_and_by_computing() -> None:
    pace = Pace(events=1000, seconds=2.0, cpu_seconds=0.5)
    assert (pace.a_second, pace.a_cpu_second) == (500, 2000)


def test_the_first_tenth_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    watch = Stopwatch(100)
    assert [watch.saw(5) for _ in range(20)] == [False] * 19 + [True]
    watch.say()
    assert json.loads(capfd.readouterr().out)["events"] == 90


def test_a_stopwatch_that_was_stopped_early_says_so() -> None:
    watch = Stopwatch(100)
    watch.saw(20)
    with pytest.raises(RuntimeError, match="20 of 100 events were seen"):
        watch.say()


def test_the_last_line_of_a_process_is_its_pace() -> None:
    code = "import bench.pace as p; w = p.Stopwatch(10); w.saw(); w.saw(9); print(1, flush=True); w.say()"
    assert of([sys.executable, "-c", code]).events == 9


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(CalledProcessError):
        of([sys.executable, "-c", "raise SystemExit(1)"])


def test_computing_time_of_a_process_grows() -> None:
    before = cpu_seconds(os.getpid())
    sum(range(10_000_000))
    assert cpu_seconds(os.getpid()) > before


def looks(*done: int) -> list[Look]:
    """Looks once a second at a worker that computes half of the time."""
    return [Look(count, count, place, place / 2, 0.0) for place, count in enumerate(done)]


def test_a_worker_is_measured_from_a_tenth_on_to_the_last_look_before_the_end() -> None:
    done = range(0, 100 * (ENOUGH_LOOKS + 5), 100)
    pace = between(looks(*done), done[-1])
    assert (pace.events, pace.a_second) == (done[-2] - 200, 100)
    assert pace.a_cpu_second == 200


def test_few_looks_are_all_used() -> None:
    assert between(looks(0, 0, 50, 100), 100).events == 50
    assert between(looks(0, 5, 100), 100).events == 95


def test_a_stage_that_runs_ahead_is_measured_from_its_own_tenth_on() -> None:
    ahead = [
        Look(begun, done, place, 0.0, 0.0)
        for place, (begun, done) in enumerate([(0, 0), (50, 0), (100, 100)])
    ]
    assert between(ahead, 100).events == 50
