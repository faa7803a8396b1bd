"""Pace, planned findings and percentiles of the benchmark of latency."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.alerts import delays, percentile
from bench.metronome import Metronome
from bench.sweeps import TO_OPEN, traffic
from models.finding import Activity
from streams.backtest_run import BacktestOptions, run_backtest
from streams.event_files import Line
from streams.settings import load_settings

START = 1_772_582_400_000


class Time:
    """A clock that moves when somebody sleeps or is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def test_a_metronome_keeps_the_pace_of_one_who_is_faster() -> None:
    time = Time()
    metronome = Metronome(1000, lambda: time.now, time.sleep)
    for number in range(5_001):
        metronome.wait(number)
    assert time.now == pytest.approx(105, abs=0.003)
    assert len(time.slept) <= 2_500
    assert metronome.behind == 0


def test_a_metronome_does_not_hold_up_one_who_is_late_and_notes_how_late() -> None:
    time = Time()
    metronome = Metronome(10, lambda: time.now, time.sleep)
    time.now += 1.5
    for number in range(16):
        metronome.wait(number)
    assert time.slept == []
    assert metronome.behind == pytest.approx(1.5)


@pytest.mark.parametrize(("share", "expected"), [(0.01, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.01) == percentile([7.0], 0.99) == 7


def test_delays_are_those_of_the_findings_that_came() -> None:
    assert delays({"a": 1.0, "b": 2.0, "c": 3.0}, {"c": 3.5, "a": 2.0, "other": 9.0}) == [0.5, 1.0]


@pytest.mark.parametrize("text", [True, False], ids=["text", "metadata"])
def test_each_sweep_opens_the_episode_that_is_planned(tmp_path: Path, *, text: bool) -> None:
    planned = list(traffic(2_000, text=text, sweeps=30, start=START, rate=100.0))
    lines = (Line("traffic", number, record.value) for number, record in enumerate(planned, 1))
    settings = load_settings(None, {"embedding.kind": "hashed"})
    run_backtest(settings, lines, BacktestOptions(alerts=str(tmp_path / "alerts"), processes=0))
    findings: list[dict[str, Any]] = [
        orjson.loads(line) for line in (tmp_path / "alerts").read_bytes().splitlines()
    ]
    opened = {
        finding["finding_info"]["uid"] for finding in findings if finding["activity_id"] == Activity.CREATE
    }
    expected = {record.opens for record in planned if record.opens}
    assert len(expected) == 30
    assert expected <= opened


def test_traffic_is_as_long_and_as_even_as_asked() -> None:
    planned = list(traffic(1_000, text=False, sweeps=10, start=START, rate=50.0))
    times = [orjson.loads(record.value)["time"] for record in planned]
    assert len(planned) == 1_000
    assert times == [START + number * 20 for number in range(1_000)]
    probes = [orjson.loads(record.value)["tenant"].startswith("sweeper") for record in planned]
    assert sum(probes) == 10 * TO_OPEN
    assert max(len(list(run)) for probe, run in groupby(probes) if probe) == 1
