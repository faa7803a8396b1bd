"""Topic entropy: wider and narrower than usual are both strange."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from statistics import mean
from typing import Any

import pytest

from models.core.topics import TOPICS, WINDOW
from models.sketch import Sketch
from tests.models.core.tools import TopicEntropy


def step(signal: TopicEntropy, requests: list[Sketch], *, learning: bool = True) -> list[Any]:
    """Score, learn and observe requests; returns the scores."""
    scores = []
    for x in requests:
        scores.append(signal.score_one(x))
        if learning:
            signal.learn_one(x)
        signal.observe_one(x)
    return scores


def warm(tenant: Any) -> TopicEntropy:
    """A signal that knows a tenant."""
    signal = TopicEntropy()
    step(signal, tenant.usual(1500))
    return signal


def test_nothing_is_scored_before_the_window_is_full_twice(traffic: Callable[..., Any]) -> None:
    scores = step(TopicEntropy(), traffic(1).usual(3 * WINDOW))
    assert scores[: 2 * WINDOW] == [None] * 2 * WINDOW
    assert None not in scores[2 * WINDOW :]


def test_a_tenant_that_spreads_is_strange(traffic: Callable[..., Any]) -> None:
    tenant = traffic(2)
    signal = warm(tenant)
    usual = step(signal, tenant.usual(WINDOW), learning=False)
    wide = step(signal, tenant.harvest(2 * WINDOW), learning=False)
    assert mean(wide[-20:]) > mean(usual) + 2
    assert signal.reading(0, 0)[0] > signal.reading(0, 0)[1]


def test_a_tenant_that_narrows_is_strange(traffic: Callable[..., Any]) -> None:
    tenant = traffic(3)
    signal = warm(tenant)
    usual = step(signal, tenant.usual(WINDOW), learning=False)
    (one,) = tenant.usual(1)
    narrow = step(signal, [one] * 2 * WINDOW, learning=False)
    assert mean(narrow[-20:]) > mean(usual) + 2
    assert signal.reading(0, 0)[0] == pytest.approx(1.0)


def test_the_label_of_the_source_stands_for_the_topic(traffic: Callable[..., Any]) -> None:
    tenant, signal = traffic(4), TopicEntropy()
    step(signal, [tenant.bare(topic=n % 4 + 1) for n in range(3 * WINDOW)])
    assert signal.entropy() == pytest.approx(log(4))
    assert signal.score_one(tenant.bare(topic=1)) is not None
    assert signal.score_one(tenant.bare()) is None


def test_the_kept_entropy_is_that_of_the_window(traffic: Callable[..., Any]) -> None:
    tenant, signal = traffic(5), TopicEntropy()
    requests = tenant.usual(3 * WINDOW) + tenant.harvest(57)
    step(signal, requests)
    counts = [0] * TOPICS
    for x in requests[-WINDOW:]:
        counts[x.simhash % TOPICS] += 1
    exact = -sum(count / WINDOW * log(count / WINDOW) for count in counts if count)
    assert signal.entropy() == pytest.approx(exact)
    assert signal.reading(0, 0)[0] == pytest.approx(exp(exact))


def test_the_score_is_that_of_the_window_with_the_request_in_it(
    traffic: Callable[..., Any], dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    tenant = traffic(6)
    signal = warm(tenant)
    step(signal, tenant.harvest(40), learning=False)
    usual = log(signal.reading(0, 0)[1])
    deviations = []
    for x in (*tenant.usual(3), *tenant.harvest(3)):
        after = loaded(TopicEntropy(), dumped(signal))
        after.observe_one(x)
        deviations.append(abs(after.entropy() - usual) / signal.score_one(x))
    assert deviations == pytest.approx([deviations[0]] * 6)


def test_an_empty_window_has_no_entropy() -> None:
    assert TopicEntropy().entropy() == 0.0
