"""Request shape: parameters and lengths that this tenant does not use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import mean
from typing import Any

import pytest

from models.core.shape import CLASSES, FEATURES, MINIMUM
from models.sketch import MISSING, Origin, Sketch
from tests.models.core.tools import RequestShape, classes

BARE = Sketch(id="r1", tenant="acme", time=1_772_582_400_000, origin=Origin("t", 0, 0))
LARGEST = 2**31 - 1


def learned(requests: list[Sketch]) -> RequestShape:
    """A shape signal that knows these requests."""
    signal = RequestShape()
    for x in requests:
        signal.learn_one(x)
    return signal


def test_nothing_is_scored_before_enough_is_known(traffic: Callable[..., Any]) -> None:
    requests = traffic(1).usual(MINIMUM + 1)
    assert learned(requests[: MINIMUM - 1]).score_one(requests[-1]) is None
    assert learned(requests[:MINIMUM]).score_one(requests[-1]) is not None


def test_another_shape_is_a_surprise(traffic: Callable[..., Any]) -> None:
    tenant = traffic(2)
    signal = learned(tenant.usual(500))
    usual = [signal.score_one(x) for x in tenant.usual(50)]
    strange = [signal.score_one(x) for x in tenant.harvest(50)]
    assert min(strange) > mean(usual) + 10


@pytest.mark.parametrize(
    "fields",
    [
        {"logprobs": 1},
        {"logit_bias_size": 5},
        {"n": 4},
        {"temperature": 1.0},
        {"max_tokens": 4096},
        {"output_tokens": 4000},
        {"finish": 3},
        {"chars": 20_000},
        {"input_tokens": 20_000},
        {"principal": 7},
        {"conversation": 7},
    ],
    ids=str,
)
def test_each_feature_counts(fields: dict[str, Any], traffic: Callable[..., Any]) -> None:
    tenant = traffic(3)
    signal = learned(tenant.usual(500))
    (x,) = tenant.usual(1)
    assert signal.score_one(replace(x, **fields)) > signal.score_one(x)


def test_the_most_usual_request_is_no_surprise() -> None:
    signal = learned([replace(BARE, chars=40, max_tokens=100)] * 100)
    assert signal.score_one(replace(BARE, chars=40, max_tokens=100)) == 0.0


def test_what_is_missing_has_a_class_of_its_own() -> None:
    assert set(classes(BARE)) == {0}
    given = replace(
        BARE, chars=0, max_tokens=0, output_tokens=0, input_tokens=0, turn=0, n=0, temperature=0.0
    )
    given = replace(given, logprobs=0, logit_bias_size=0, finish=1, principal=5, conversation=6)
    assert 0 not in classes(given)


@pytest.mark.parametrize("temperature", [-1e300, -2.0, 0.0, 2.0, 1e300])
@pytest.mark.parametrize("count", [0, 1, LARGEST])
def test_every_class_is_within_bounds(count: int, temperature: float) -> None:
    names = ("chars", "max_tokens", "output_tokens", "turn", "n", "logit_bias_size")
    x = replace(BARE, temperature=temperature, input_tokens=MISSING, **dict.fromkeys(names, count))
    for request in (x, replace(x, input_tokens=0), replace(x, input_tokens=LARGEST)):
        found = classes(request)
        assert len(found) == FEATURES
        assert all(0 <= place < CLASSES for place in found)


def test_longer_answers_fall_into_higher_classes() -> None:
    places = [classes(replace(BARE, output_tokens=tokens))[5] for tokens in (0, 1, 3, 10, 100, 1000)]
    assert places == sorted(set(places))


def test_the_past_fades(traffic: Callable[..., Any]) -> None:
    tenant = traffic(4)
    signal = learned(tenant.usual(2000))
    (strange,) = tenant.harvest(1)
    before = signal.score_one(strange)
    for x in tenant.harvest(3000):
        signal.learn_one(x)
    assert signal.score_one(strange) < before / 4
