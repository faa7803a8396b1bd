from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log
from typing import Any

import pytest

from models.config import DetectorConfig
from models.core import early, judge
from models.core.ages import AGES
from models.fleet import Fleet
from models.population.profile import EarlyProfile, decode_profile
from models.requests import table_of
from models.sketch import MISSING, Sketch


def profiles_of(requests: list[Sketch]) -> list[EarlyProfile]:
    """Judge requests at once and return the early profiles."""
    fleet = Fleet(DetectorConfig(), lambda _tenant: None)
    fleet.apply_many(table_of(requests), range(len(requests)))
    return fleet.take_profiles()


def test_the_core_stops_at_the_ages_of_the_profiles_and_adds_up_to_the_last() -> None:
    assert judge.AGES == AGES
    assert AGES[-1] == early.MOST


def test_a_profile_holds_the_means_over_the_first_requests(traffic: Callable[..., Any]) -> None:
    requests = [replace(x, principal=number % 4) for number, x in enumerate(traffic(3).usual(80))]
    fifty, seventy_five = profiles_of(requests)
    first = requests[:50]
    assert (fifty.tenant, fifty.age, seventy_five.age) == ("acme", 50, 75)
    assert (fifty.started, fifty.time) == (first[0].time, max(x.time for x in first))
    assert fifty.intervals == len({x.time // 600_000 for x in first})
    assert fifty.principals == sum(x.principal > 0 for x in first) / 50
    assert fifty.first_turns == sum(x.turn <= 0 for x in first) / 50
    assert fifty.answers == pytest.approx(sum(log(1 + x.output_tokens) for x in first) / 50)
    assert fifty.new_prompts == len({x.whole for x in first}) / 50
    assert 0 < fifty.overhead < log(200)
    assert fifty.request.request_id == first[-1].id
    assert fifty.request.offset == first[-1].origin.offset
    assert decode_profile("acme", fifty.encode()) == fifty


def test_every_age_is_said_once_and_none_after_the_last(traffic: Callable[..., Any]) -> None:
    found = profiles_of(traffic(4).usual(5000, gap_ms=1000))
    assert tuple(profile.age for profile in found) == AGES


@pytest.mark.parametrize("unknown", [{"output_tokens": MISSING}, {"input_tokens": MISSING}])
def test_without_counts_of_tokens_there_is_no_profile(
    traffic: Callable[..., Any], unknown: dict[str, int]
) -> None:
    assert profiles_of(traffic(3).usual(60, **unknown)) == []


def test_without_content_there_is_no_profile(traffic: Callable[..., Any]) -> None:
    assert profiles_of(traffic(3).metadata(60)) == []


def test_one_by_one_and_all_at_once_give_the_same_profiles(traffic: Callable[..., Any]) -> None:
    fleet = Fleet(DetectorConfig(), lambda _tenant: None)
    both = zip(traffic(5, "a").usual(120), traffic(6, "b").harvest(120), strict=True)
    requests = [x for pair in both for x in pair]
    for number, x in enumerate(requests):
        fleet.apply(x, number)
    found = fleet.take_profiles()
    assert found == profiles_of(requests)
    assert [profile.tenant for profile in found] == ["a", "b"] * 3
    assert fleet.take_profiles() == []


def test_a_tenant_that_is_restored_comes_of_age_as_if_it_had_stayed(traffic: Callable[..., Any]) -> None:
    requests = traffic(7).usual(110)
    store: dict[str, bytes | None] = {}
    first = Fleet(DetectorConfig(), store.get)
    for number, x in enumerate(requests[:60]):
        first.apply(x, number)
    store.update(first.changed())
    second = Fleet(DetectorConfig(), store.get)
    for number, x in enumerate(requests[40:], 40):  # read again from before the snapshot
        second.apply(x, number)
    assert first.take_profiles() + second.take_profiles() == profiles_of(requests)
