"""Novelty: near what was asked before is low, elsewhere is high, a repetition is nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import mean
from typing import Any

from models.core.novelty import MINIMUM
from models.sketch import Sketch
from tests.models.core.tools import Novelty


def learned(requests: list[Sketch]) -> Novelty:
    """A novelty signal that knows these requests."""
    signal = Novelty()
    for x in requests:
        signal.learn_one(x)
        signal.observe_one(x)
    return signal


def test_nothing_is_scored_before_enough_is_known(traffic: Callable[..., Any]) -> None:
    requests = traffic(1).usual(MINIMUM + 1)
    assert learned(requests[: MINIMUM - 1]).score_one(requests[-1]) is None
    assert learned(requests[:MINIMUM]).score_one(requests[-1]) is not None


def test_a_request_elsewhere_scores_higher_than_one_at_home(traffic: Callable[..., Any]) -> None:
    tenant = traffic(2)
    signal = learned(tenant.usual(600))
    home = [signal.score_one(x) for x in tenant.usual(50)]
    away = [signal.score_one(x) for x in tenant.harvest(50)]
    assert min(away) > mean(home)
    assert mean(away) > mean(home) + 3


def test_a_repetition_to_the_letter_is_not_novel(traffic: Callable[..., Any]) -> None:
    tenant = traffic(3)
    signal = learned(tenant.usual(600))
    (strange,) = tenant.harvest(1)
    assert signal.score_one(strange) > 3
    signal.observe_one(strange)
    assert signal.score_one(strange) == 0.0
    assert signal.score_one(replace(strange, whole=strange.whole + 1)) > 3


def test_a_request_without_content_has_no_score(traffic: Callable[..., Any]) -> None:
    tenant = traffic(4)
    signal = learned(tenant.usual(600))
    assert signal.score_one(tenant.bare()) is None
    assert signal.score_one(replace(tenant.metadata(1)[0], topic=7)) is None


def test_what_is_observed_and_not_learned_stays_novel(traffic: Callable[..., Any]) -> None:
    tenant = traffic(5)
    signal = learned(tenant.usual(600))
    harvest = tenant.harvest(400)
    before = [signal.score_one(x) for x in harvest[200:]]
    for x in harvest[:200]:
        signal.observe_one(x)
    assert [signal.score_one(x) for x in harvest[200:]] == before
