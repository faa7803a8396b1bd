"""Resampling: found within a few prompts, and what merely comes again is not taken for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from models.config import DetectorConfig
from models.core.resampling import PROMPTS
from models.finding import Activity
from models.sketch import MISSING, Origin, Sketch
from models.tenant import TenantModel
from tests.models.core.tools import Resampling

BASE = Sketch(id="r1", tenant="acme", time=1_772_582_400_000, origin=Origin("t", 0, 0), temperature=0.7)


def watched(requests: Iterable[Sketch]) -> Resampling:
    """A rule that saw these requests."""
    rule = Resampling()
    for x in requests:
        rule.observe_one(x)
    return rule


def prompts(*hashes: int) -> list[Sketch]:
    """Requests for these prompts at one temperature."""
    return [replace(BASE, whole=whole) for whole in hashes]


def sampled(count: int, temperatures: Iterable[float] = (0.0, 0.4, 0.8, 1.2)) -> list[Sketch]:
    """Each of so many prompts at these temperatures."""
    known = list(temperatures)
    return [
        replace(BASE, whole=100 + number, temperature=degree) for number in range(count) for degree in known
    ]


def test_prompts_at_several_temperatures_are_found_within_five() -> None:
    assert watched(sampled(3)).share < 1
    assert watched(sampled(5)).share >= 1


def test_prompts_asked_again_and_again_at_one_temperature_are_found() -> None:
    assert watched(sampled(5, [0.7] * 4)).share >= 1


def test_several_threads_that_sample_at_once_are_found() -> None:
    order = sampled(6)
    random.Random(1).shuffle(order)
    assert watched(order).share >= 1


def test_popular_questions_that_come_again_are_no_resampling() -> None:
    chance = random.Random(2)
    popular = chance.choices(range(1, 500), [1 / rank for rank in range(1, 500)], k=20_000)
    assert watched(prompts(*popular)).share < 0.5


def test_one_prompt_for_ever_is_no_resampling() -> None:
    assert watched(prompts(*[7] * 5_000)).share <= 0.25


def test_an_evaluation_that_asks_its_items_twice_is_no_resampling() -> None:
    assert watched(prompts(*[number // 2 + 1 for number in range(5_000)])).share == 0


def test_requests_without_a_prompt_or_a_temperature_say_nothing() -> None:
    assert watched([replace(BASE, temperature=number / 10) for number in range(100)]).share == 0
    assert watched(sampled(100, [MISSING] * 3)).share == 0


def test_other_requests_make_it_forget() -> None:
    rule = watched(sampled(5))
    for x in prompts(*range(1000, 3000)):
        rule.observe_one(x)
    assert rule.share == 0


def test_the_share_is_bounded_and_few_prompts_are_kept() -> None:
    rule = watched(sampled(5_000))
    assert rule.share <= 4
    assert rule.s["resampling_prompts"].tolist() == list(range(100 + 5_000 - PROMPTS, 100 + 5_000))


def test_its_reading_counts_prompts_where_none_is_expected() -> None:
    reading = watched(sampled(6)).reading()
    assert (reading.name, reading.expected) == ("resampling", 0.0)
    assert reading.observed >= 5


def test_a_reset_forgets_the_hits() -> None:
    rule = watched(sampled(6))
    rule.reset()
    assert rule.share == 0


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_a_restored_rule_goes_on_as_it_would(
    count: int, dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    rule = watched(sampled(count) + prompts(3, 3, 3))
    restored = loaded(Resampling(), dumped(rule))
    for x in [*prompts(3), *sampled(9)]:
        rule.observe_one(x)
        restored.observe_one(x)
    assert dumped(restored) == dumped(rule)


def test_a_tenant_that_only_resamples_is_said_without_a_past() -> None:
    tenant = TenantModel("acme", DetectorConfig())
    said = [
        finding
        for number, x in enumerate(sampled(6, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]))
        for finding in tenant.apply(replace(x, id=f"r{number}", time=BASE.time + 1000 * number))
    ]
    assert said[0].activity is Activity.CREATE
    assert said[0].signals[0].name == "resampling"
    assert tenant.events == 48
