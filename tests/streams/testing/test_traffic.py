"""Synthetic traffic with known attacks."""

from __future__ import annotations

import pytest

from streams.testing import synthetic_traffic
from streams.testing.traffic import CAMPAIGN_ACCOUNTS


def test_the_same_seed_gives_the_same_traffic_and_another_gives_another() -> None:
    first = synthetic_traffic(36, seed=3)
    assert first == synthetic_traffic(36, seed=3)
    assert first != synthetic_traffic(36, seed=4)


def test_the_attacker_and_every_hostile_request_are_known() -> None:
    traffic = synthetic_traffic(36)
    ((attacker, begin),) = traffic.attackers.items()
    hostile = [event for event in traffic.events if event["id"] in traffic.hostile]
    assert {event["tenant"] for event in hostile} == {attacker}
    assert min(event["time"] for event in hostile) == begin  # type: ignore[type-var]
    assert attacker in {event["tenant"] for event in traffic.events if event["id"] not in traffic.hostile}


def test_events_come_in_the_order_of_time_with_ids_of_their_own() -> None:
    events = synthetic_traffic(36, campaign=True).events
    times = [event["time"] for event in events]
    assert times == sorted(times)  # type: ignore[type-var]
    assert len({event["id"] for event in events}) == len(events)


def test_quiet_traffic_has_no_attacker() -> None:
    traffic = synthetic_traffic(36, takeover=False)
    assert (traffic.attackers, traffic.hostile) == ({}, frozenset())
    assert len(traffic.tenants) == 10


def test_a_campaign_has_accounts_without_a_past() -> None:
    traffic = synthetic_traffic(36, takeover=False, campaign=True)
    assert len(traffic.attackers) == CAMPAIGN_ACCOUNTS
    begin = min(traffic.attackers.values())
    assert all(event["tenant"] not in traffic.attackers for event in traffic.events if event["time"] < begin)  # type: ignore[operator]


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="hours is 35 and must be at least 36"):
        synthetic_traffic(35)
