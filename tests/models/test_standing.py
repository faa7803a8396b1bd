"""Who is nearest to an alert."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from models.config import DetectorConfig
from models.episode import State
from models.finding import Severity
from models.fleet import Fleet
from models.slab import Slab
from models.standing import OPEN_FIRST

if TYPE_CHECKING:
    from tests.models.conftest import Traffic

CONFIG = DetectorConfig(warmup_requests=100, least_threshold=100, quiet_hours=1)


def fleet_of(*traffic: Traffic, harvested: int = 0) -> Fleet:
    """Tenants with a past, the first of which harvests."""
    fleet = Fleet(CONFIG, lambda _: None)
    for number, one in enumerate(traffic):
        for x in [*one.usual(300), *(one.harvest(harvested) if not number else ())]:
            fleet.apply(x, x.origin.offset)
    return fleet


def test_the_share_is_what_the_tenants_say_themselves(traffic: Callable[..., Traffic]) -> None:
    fleet = fleet_of(*(traffic(seed, f"t{seed}") for seed in range(5)))
    found = fleet.strongest(5)
    assert [score for score, _ in found] == [tenant.evidence / tenant.threshold for _, tenant in found]
    assert [score for score, _ in found] == sorted((score for score, _ in found), reverse=True)
    assert {tenant.name for _, tenant in found} == set(fleet.tenants)


def test_who_has_an_open_episode_comes_first_and_is_counted_by_severity(
    traffic: Callable[..., Traffic],
) -> None:
    fleet = fleet_of(*(traffic(seed, f"t{seed}") for seed in range(4)), harvested=60)
    score, tenant = fleet.strongest(1)[0]
    assert (tenant.name, tenant.episode.state) == ("t0", State.ALERTING)
    assert score >= OPEN_FIRST
    assert fleet.open_episodes.total() == fleet.states[State.ALERTING] == 1
    assert set(fleet.open_episodes) <= {Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL}


def test_no_more_are_returned_than_are_asked_for_and_there_are(traffic: Callable[..., Traffic]) -> None:
    fleet = fleet_of(*(traffic(seed, f"t{seed}") for seed in range(3)))
    everybody = [tenant.name for _, tenant in fleet.strongest(3)]
    assert [tenant.name for _, tenant in fleet.strongest(2)] == everybody[:2]
    assert [tenant.name for _, tenant in fleet.strongest(99)] == everybody
    assert Fleet(CONFIG, lambda _: None).strongest(3) == []
    assert fleet.strongest(0) == []


def test_who_was_named_stays_until_somebody_has_twice_as_much(traffic: Callable[..., Traffic]) -> None:
    fleet = fleet_of(*(traffic(seed, f"t{seed}") for seed in range(6)))
    before = {tenant.name: score for score, tenant in fleet.strongest(6)}
    ordered = sorted(before, key=before.__getitem__, reverse=True)
    near = [second for first, second in pairwise(ordered) if before[first] < 2 * before[second]]
    close = near[0] if near else ordered[-1]
    expected = sorted(before, key=lambda name: before[name] * (1 + (name == close)), reverse=True)
    assert [tenant.name for _, tenant in fleet.strongest(6, {close, "who is not there"})] == expected


def test_tenants_are_found_in_every_chunk(traffic: Callable[..., Traffic]) -> None:
    fleet = Fleet(CONFIG, lambda _: None)
    fleet._slab = Slab(chunk=2)
    for seed in range(5):
        for x in traffic(seed, f"t{seed}").usual(150):
            fleet.apply(x, x.origin.offset)
    found = fleet.strongest(5)
    assert [score for score, _ in found] == [tenant.evidence / tenant.threshold for _, tenant in found]
    assert len(found) == 5
