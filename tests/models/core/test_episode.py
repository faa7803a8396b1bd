"""The life of an alert."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.core.episode import severity
from models.core.rate import HOUR_MS
from models.core.shiryaev_roberts import FRESH_CEILING
from models.episode import State
from models.finding import Activity, Severity
from models.weighting import MINUTE_MS
from tests.models.core.tools import Episode, Statement

CONFIG = DetectorConfig(update_minutes=30, update_step=10, quiet_hours=2, cooldown_hours=1)
THRESHOLD = 1000.0
SUSPICIOUS = THRESHOLD**CONFIG.suspicious_exponent
QUIET_MS = 2 * HOUR_MS
COOLDOWN_MS = HOUR_MS
START = 1_772_582_400_000


def weighed(
    episode: Episode, now: int, evidence: float, *, fresh: float | None = None, warm: bool = True
) -> list[Statement]:
    """Let time pass and weigh the evidence, as a tenant does at each request; all is fresh if not said."""
    late = evidence if fresh is None else fresh
    statements = [episode.elapse(now), episode.weigh(now, evidence, THRESHOLD, fresh=late, warm=warm)]
    return [statement for statement in statements if statement is not None]


def opened() -> Episode:
    """An episode that opened at `START`."""
    episode = Episode(CONFIG)
    weighed(episode, START, THRESHOLD)
    return episode


def test_a_tenant_begins_by_warming_and_learns() -> None:
    episode = Episode(CONFIG)
    assert episode.state is State.WARMING
    assert episode.learning


def test_while_warming_no_evidence_opens_anything() -> None:
    episode = Episode(CONFIG)
    assert weighed(episode, START, 1e12, warm=False) == []
    assert episode.state is State.WARMING


def test_low_evidence_is_normal_and_learning_goes_on() -> None:
    episode = Episode(CONFIG)
    assert weighed(episode, START, 0.5) == []
    assert episode.state is State.NORMAL
    assert episode.learning


def test_suspicion_stops_learning_until_it_has_gone() -> None:
    episode = Episode(CONFIG)
    assert weighed(episode, START, SUSPICIOUS * 1.01) == []
    assert episode.state is State.SUSPICIOUS
    assert not episode.learning
    weighed(episode, START + 1, SUSPICIOUS * 0.99)
    assert episode.learning


def test_what_nobody_answers_is_learned_after_the_time_of_adaptation() -> None:
    suspicious, alerting = Episode(CONFIG), opened()
    weighed(suspicious, START, SUSPICIOUS * 1.01)
    for episode in (suspicious, alerting):
        for hour in range(73):
            assert episode.learning is (hour > 72)
            episode.s["time"] = now = START + hour * HOUR_MS
            weighed(episode, now, SUSPICIOUS * 1.02, fresh=100)
        assert episode.learning
    assert suspicious.state is State.SUSPICIOUS
    assert alerting.state is State.ALERTING


def test_an_episode_opens_at_the_threshold_and_not_below() -> None:
    episode = Episode(CONFIG)
    assert weighed(episode, START, THRESHOLD * 0.999) == []
    assert weighed(episode, START + 5, THRESHOLD) == [(Activity.CREATE, START + 5, Severity.MEDIUM)]
    assert episode.opened == START + 5
    assert not episode.learning


def test_an_open_episode_is_not_created_again() -> None:
    episode = opened()
    assert [weighed(episode, START + step, THRESHOLD) for step in range(1, 50)] == [[]] * 49


def test_an_update_waits_for_its_interval() -> None:
    episode = opened()
    interval = 30 * MINUTE_MS
    assert weighed(episode, START + interval - 1, THRESHOLD * 100) == []
    assert weighed(episode, START + interval, THRESHOLD * 100) == [
        (Activity.UPDATE, START + interval, Severity.MEDIUM)
    ]


def test_an_update_needs_a_step_of_evidence_or_another_severity() -> None:
    episode = opened()
    later = START + HOUR_MS
    assert weighed(episode, later, THRESHOLD * 9.99) == []
    assert weighed(episode, later, THRESHOLD * 10) == [(Activity.UPDATE, later, Severity.MEDIUM)]
    episode = opened()
    weighed(episode, START + HOUR_MS, THRESHOLD * 200)
    graver = START + 2 * HOUR_MS
    assert weighed(episode, graver, THRESHOLD * 1000) == [(Activity.UPDATE, graver, Severity.HIGH)]


def test_a_close_carries_the_time_at_which_the_quiet_period_ended() -> None:
    episode = opened()
    weighed(episode, START + 10, THRESHOLD)
    closed = START + 10 + QUIET_MS
    assert weighed(episode, closed - 1, 0.0) == []
    assert weighed(episode, closed + 40 * HOUR_MS, 0.0) == [(Activity.CLOSE, closed, Severity.MEDIUM)]
    assert episode.state is State.COOLING
    assert not episode.learning


def test_suspicion_keeps_an_episode_open() -> None:
    episode = opened()
    for hour in range(1, 30):
        assert weighed(episode, START + hour * HOUR_MS, SUSPICIOUS * 1.01) == []
    assert episode.state is State.ALERTING


def test_evidence_that_is_no_longer_fresh_does_not_keep_an_episode_open() -> None:
    episode = opened()
    assert weighed(episode, START + HOUR_MS, 1e9, fresh=0.5) != []
    said = weighed(episode, START + 2 * HOUR_MS, 1e9, fresh=0.5)
    assert said == [(Activity.CLOSE, START + QUIET_MS, Severity.CRITICAL)]


def test_fresh_evidence_at_its_ceiling_keeps_any_episode_open() -> None:
    episode = Episode(CONFIG)
    episode.weigh(START, 1e9, 1e9, fresh=40.0, warm=True)
    for hour in range(1, 10):
        assert episode.elapse(START + hour * HOUR_MS) is None
        episode.weigh(START + hour * HOUR_MS, 1e9, 1e9, fresh=FRESH_CEILING / 4, warm=True)


def test_while_cooling_nothing_opens() -> None:
    episode = opened()
    closed = START + QUIET_MS
    assert [statement[0] for statement in weighed(episode, closed, 1e12)] == [Activity.CLOSE]
    assert weighed(episode, closed + COOLDOWN_MS - 1, 1e12) == []
    assert episode.state is State.COOLING


def test_after_the_cooldown_an_episode_may_open_again() -> None:
    episode = opened()
    closed = START + QUIET_MS
    weighed(episode, closed, 0.0)
    again = weighed(episode, closed + COOLDOWN_MS, THRESHOLD)
    assert [statement[0] for statement in again] == [Activity.CREATE]
    assert episode.opened == closed + COOLDOWN_MS


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        *((0.1, Severity.MEDIUM), (1, Severity.MEDIUM), (999, Severity.MEDIUM), (1e3, Severity.HIGH)),
        *((9.99e5, Severity.HIGH), (1e6, Severity.CRITICAL), (1e12, Severity.CRITICAL)),
    ],
)
def test_severity_grows_with_the_evidence(ratio: float, expected: Severity) -> None:
    assert severity(ratio * THRESHOLD, THRESHOLD) == expected


gaps = st.one_of(st.integers(0, 5 * MINUTE_MS), st.integers(0, 40 * MINUTE_MS), st.integers(0, 4 * HOUR_MS))
ratios = st.sampled_from([0.0, 0.001, 0.05, 0.5, 1.0, 1.0, 3.0, 30.0, 2e3, 5e4, 1e7])
Life = list[tuple[int, float, bool]]
lives = st.lists(st.tuples(gaps, ratios, st.booleans()), min_size=1, max_size=60)


@given(lives)
@settings(deadline=None, max_examples=200)
def test_every_life_keeps_the_rules_of_an_alert(life: Life) -> None:
    """Follow an episode beside a plain account of what was said and when the evidence was last high."""
    episode, now, hot, said = Episode(CONFIG), START, 0, []
    for gap, ratio, _ in life:
        now += gap
        was_open = bool(said) and said[-1][0] is not Activity.CLOSE
        statements = weighed(episode, now, ratio * THRESHOLD)
        closes = [statement for statement in statements if statement[0] is Activity.CLOSE]
        assert bool(closes) == (was_open and now >= hot + QUIET_MS)
        assert all(statement[1] == hot + QUIET_MS for statement in closes)
        assert all(statement[1] == now for statement in statements if statement not in closes)
        said += statements
        if ratio * THRESHOLD >= SUSPICIOUS:
            hot = now
        is_open = bool(said) and said[-1][0] is not Activity.CLOSE
        assert (episode.state is State.ALERTING) == is_open
    check_order(said)


def check_order(said: list[Statement]) -> None:
    """Assert what must hold between a statement and the next."""
    assert not said or said[0][0] is Activity.CREATE
    for earlier, later in pairwise(said):
        assert later[1] >= earlier[1]
        assert (later[0] is Activity.CREATE) == (earlier[0] is Activity.CLOSE)
        if later[0] is Activity.UPDATE:
            assert later[1] >= earlier[1] + 30 * MINUTE_MS
        if later[0] is Activity.CREATE:
            assert later[1] >= earlier[1] + COOLDOWN_MS


@given(lives)
@settings(deadline=None, max_examples=100)
def test_a_life_restored_at_any_time_says_the_same(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any], life: Life
) -> None:
    whole, parted, now = Episode(CONFIG), Episode(CONFIG), START
    for gap, ratio, restart in life:
        now += gap
        if restart:
            parted = loaded(Episode(CONFIG), dumped(parted))
        assert weighed(parted, now, ratio * THRESHOLD) == weighed(whole, now, ratio * THRESHOLD)
        assert dumped(parted) == dumped(whole)


@given(lives, st.lists(st.integers(0, 9 * HOUR_MS), min_size=1, max_size=8))
@settings(deadline=None, max_examples=100)
def test_a_close_is_the_same_whenever_it_is_noticed(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any], life: Life, looks: list[int]
) -> None:
    episode, now = Episode(CONFIG), START
    for gap, ratio, _ in [*life, (0, 1.0, False)]:
        now += gap
        weighed(episode, now, ratio * THRESHOLD)
    due = now + QUIET_MS
    if episode.state is State.ALERTING:
        for wait in looks:
            copy = loaded(Episode(CONFIG), dumped(episode))
            noticed = copy.elapse(now + wait)
            assert (noticed is not None) == (now + wait >= due)
            assert noticed is None or noticed[:2] == (Activity.CLOSE, due)
