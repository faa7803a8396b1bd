"""How a tenant stands at the end of each interval: told once, and without any effect on what is found."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.episode import State
from models.finding import Finding
from models.fleet import Fleet
from models.requests import table_of
from models.score import Score
from models.sketch import Sketch
from models.steering import Steering
from tests.models.conftest import Traffic
from tests.models.test_fleet import CONFIG, HOUR_MS, START, Store, applied, request

INTERVAL_MS = 600_000


def fleet_of(store: Store, score_ms: int = INTERVAL_MS, limit: int = 100) -> Fleet:
    """A fleet that tells scores."""
    steering = Steering(CONFIG, score_ms=score_ms)
    return Fleet(CONFIG, store.restore, max_tenants=limit, ttl_ms=30 * HOUR_MS, steering=steering)


def told(
    requests: list[Sketch], cuts: list[int], score_ms: int = INTERVAL_MS
) -> tuple[list[Score], list[Finding]]:
    """Judge requests in batches that end there, each followed by a checkpoint that keeps one tenant."""
    store = Store()
    fleet = fleet_of(store, score_ms, limit=1)
    scores: list[Score] = []
    found: list[Finding] = []
    for start, end in pairwise(sorted({0, *cuts, len(requests)})):
        found += fleet.apply_many(table_of(requests[start:end]), range(start, end))
        scores += fleet.take_scores()
        store.checkpoint(fleet)
    return scores, found


@pytest.fixture(scope="module")
def crowd() -> list[Sketch]:
    """Two tenants, mixed; one of them turns to a harvest, one is away for longer than it is remembered."""
    one, other = Traffic(1, "one"), Traffic(2, "other")
    first = one.usual(250) + one.harvest(120) + one.usual(40)
    second = other.usual(200)
    other.now += 40 * HOUR_MS
    second += other.usual(210)
    return [x for pair in zip(first, second, strict=True) for x in pair]


def test_nothing_is_told_unless_it_is_asked_for(crowd: list[Sketch]) -> None:
    assert told(crowd, [], score_ms=0)[0] == []


def test_telling_changes_nothing_of_what_is_found(crowd: list[Sketch]) -> None:
    assert told(crowd, [])[1] == told(crowd, [], score_ms=0)[1] != []


@given(st.lists(st.integers(1, 800), max_size=8))
@settings(deadline=None, max_examples=20)
def test_batches_and_restarts_change_nothing_of_what_is_told(crowd: list[Sketch], cuts: list[int]) -> None:
    assert told(crowd, [cut for cut in cuts if cut < len(crowd)])[0] == told(crowd, [])[0]


def test_each_interval_with_requests_is_told_once_but_for_the_last(crowd: list[Sketch]) -> None:
    scores, _ = told(crowd, [])
    for tenant in ("one", "other"):
        times = [x.time for x in crowd if x.tenant == tenant]
        ends = [(number + 1) * INTERVAL_MS for number, _ in groupby(times, lambda time: time // INTERVAL_MS)]
        assert [score.time for score in scores if score.tenant == tenant] == ends[:-1]


def test_a_score_states_how_the_tenant_stood_after_its_last_request_of_the_interval() -> None:
    fleet = fleet_of(Store())
    start = START - START % INTERVAL_MS + INTERVAL_MS
    offset = (start - START) // 1000
    applied(fleet, [request("a", offset), request("a", offset + 599)])
    assert fleet.take_scores() == []
    before = fleet.tenants["a"]
    standing = (before.events, before.evidence, before.threshold)
    applied(fleet, [request("a", offset + 600)], first=2)
    (score,) = fleet.take_scores()
    assert (score.time, score.last, score.state) == (start + INTERVAL_MS, start + 599_000, State.WARMING)
    assert (score.requests, score.evidence, score.threshold) == standing
    assert fleet.take_scores() == []


def test_a_late_request_and_a_skipped_one_end_no_interval() -> None:
    fleet = fleet_of(Store())
    applied(fleet, [request("a", 5000), request("a", 100)])
    fleet.apply(request("a", 9000), 1)
    assert fleet.take_scores() == []
    assert fleet.skipped == 1


def test_an_open_episode_is_named(crowd: list[Sketch]) -> None:
    scores, findings = told(crowd, [])
    uids = {finding.uid for finding in findings if finding.tenant == "one"}
    alerting = [score for score in scores if score.state is State.ALERTING]
    assert {score.episode for score in alerting} <= uids
    assert alerting
    assert all(score.episode == "" for score in scores if score.state is not State.ALERTING)
