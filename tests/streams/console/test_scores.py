"""Records of the scores topic, read and kept."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DecodeError
from streams.console.chart import evidence_chart, signal_chart
from streams.console.score_point import Point, read_score
from streams.console.scores import IDLE_MS, MOST_POINTS, Scores
from tests.streams.console.world import score

RECORD = orjson.loads(score("acme", 280, episode="e"))


def point(time: int, state: str = "normal") -> Point:
    """A point without signals."""
    return read_score(orjson.dumps({**RECORD, "time": time, "state": state}))[1]


def test_a_score_is_read() -> None:
    tenant, read = read_score(orjson.dumps(RECORD))
    assert (tenant, read.state, read.time) == ("acme", "alerting", RECORD["time"])
    assert read.excess == pytest.approx(RECORD["evidence"] / RECORD["threshold"])
    novelty = read.signal("novelty")
    assert novelty
    assert novelty.observed == pytest.approx(RECORD["signals"]["novelty"]["observed"])
    assert read.signal("nothing") is None


@pytest.mark.parametrize(
    "change",
    [
        {"time": -1},
        {"time": "now"},
        {"tenant": 7},
        {"tenant": "x" * 10_000},
        {"signals": []},
        {"threshold": "a"},
        {"evidence": "inf"},
        {"evidence": "nan"},
        {"evidence": 1e308, "threshold": 1e-10},
    ]
    + [
        {"signals": {"novelty": {"observed": value, "expected": 0, "evidence": 0}}}
        for value in (None, "nan", [])
    ],
)
def test_what_is_no_score_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(DecodeError, match="not_a_score"):
        read_score(orjson.dumps({**RECORD, **change}))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_any_bytes_are_a_score_or_refused(value: bytes) -> None:
    with pytest.raises(DecodeError):
        read_score(value)


def test_points_come_in_order_once_and_no_more_than_there_is_room_for() -> None:
    scores = Scores(10)
    for time in (2, 1, 2, 3, *range(4, MOST_POINTS + 20)):
        scores.take("acme", point(time), watched=False)
    times = [one.time for one in scores.of("acme")]
    assert times == sorted(set(times))
    assert len(times) == MOST_POINTS


def test_a_suspect_takes_the_place_of_a_calm_tenant_and_not_the_other_way_round() -> None:
    scores = Scores(2)
    for name in ("a", "b", "c"):
        scores.take(name, point(1), watched=False)
    scores.take("attacker", point(1, "suspicious"), watched=False)
    scores.take("accused", point(1), watched=True)
    scores.take("calm", point(2), watched=False)
    assert {name for name in ("a", "b", "c", "attacker", "accused", "calm") if scores.of(name)} == {
        "attacker",
        "accused",
    }


def test_a_tenant_that_fell_silent_makes_room() -> None:
    scores = Scores(1)
    scores.take("silent", point(1), watched=False)
    scores.take("new", point(IDLE_MS + 2), watched=False)
    assert [bool(scores.of(name)) for name in ("silent", "new")] == [False, True]


def test_one_point_can_be_drawn() -> None:
    assert "threshold" in evidence_chart([point(1)], [])
    assert "polyline" in signal_chart([point(1)], "novelty")


def test_the_highest_evidence_can_be_drawn() -> None:
    read = read_score(orjson.dumps({**RECORD, "evidence": 1e308, "threshold": 1.0}))[1]
    assert evidence_chart([read], []).count('class="grid"') < 20
