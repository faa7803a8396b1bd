"""The state as bytes: whole, damaged, and grown to its bounds."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.campaign import cluster
from models.campaign.campaigns import Campaigns
from models.errors import SnapshotError
from models.finding import Activity
from tests.models.campaign.fleet import (
    CONFIG,
    DAY_MS,
    HOUR_MS,
    LATER,
    START_MS,
    accounts,
    background,
    episode,
    found,
    joining,
    named,
    opened,
    stated,
    told,
    use,
    uses,
)

BEFORE = LATER + 6 * HOUR_MS


def small() -> bytes:
    """Return a state with a little of everything: an open campaign, notes, and what waits."""
    campaigns = Campaigns(CONFIG)
    for name in ("thief-1", "thief-2"):
        campaigns.note(episode(name, LATER))
    prints = joining(accounts(16), a_day=100.0, network=7)
    told(campaigns, [*background(4.0, 3), *prints], BEFORE)
    assert campaigns.open == 1
    campaigns.add(use("thief-20", 0xFEED, BEFORE))
    campaigns.note(episode("thief-1", BEFORE, Activity.UPDATE))
    return campaigns.dump()


SMALL = small()


def restored(body: bytes) -> Campaigns:
    campaigns = Campaigns(CONFIG)
    campaigns.load(body)
    return campaigns


def test_a_state_comes_back_as_it_was() -> None:
    assert restored(SMALL).dump() == SMALL


def test_a_state_that_breaks_off_or_goes_on_is_refused() -> None:
    for size in range(0, len(SMALL), 23):
        with pytest.raises(SnapshotError):
            restored(SMALL[:size])
    with pytest.raises(SnapshotError):
        restored(SMALL[:-1])
    with pytest.raises(SnapshotError, match="longer"):
        restored(SMALL + b"\0")


def test_another_version_is_refused() -> None:
    with pytest.raises(SnapshotError, match="no state of campaigns of version 1"):
        restored(b"\2" + SMALL[1:])


values = st.integers(0, 255) | st.sampled_from([0, 1, 127, 128, 255])


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), values), min_size=1, max_size=4))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_bytes_are_refused_or_a_state_that_works(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SMALL)
    for place, value in changes:
        damaged[place] = value
    with suppress(SnapshotError):
        campaigns = restored(bytes(damaged))
        told(campaigns, joining(accounts(12), first=BEFORE, a_day=90.0), BEFORE + DAY_MS)
        campaigns.close(BEFORE + 30 * DAY_MS)
        restored(campaigns.dump())


def test_who_was_there_before_is_forgotten_in_the_end_and_the_state_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "MOST_ELDERS", 8)
    campaigns = Campaigns(CONFIG)
    for template in (1, 2, 3, 4):
        old = [use(f"old-{template}-{n}", template, START_MS + n) for n in range(20)]
        told(campaigns, old, START_MS + DAY_MS)
    shared = [
        one for template in (1, 2, 3, 4) for name in accounts(30) for one in uses(name, template, LATER)
    ]
    told(campaigns, [*background(), *shared], LATER + HOUR_MS)
    assert {len(one.elders) for one in campaigns._clusters._clusters.values()} <= set(range(9))
    restored(campaigns.dump())


def test_an_account_with_very_many_templates_is_kept_and_compared_with_few() -> None:
    campaigns = Campaigns(CONFIG)
    told(campaigns, background(), LATER)
    many = [use(name, template, LATER + template) for template in range(1000, 1400) for name in accounts(3)]
    told(campaigns, many, LATER + HOUR_MS)
    assert restored(campaigns.dump()).dump() == campaigns.dump()


def two_with_members_in_common() -> list[str]:
    return [f"both-{number}" for number in range(6)]


def test_who_takes_part_in_two_campaigns_is_known_until_both_are_over() -> None:
    campaigns = Campaigns(CONFIG)
    both = two_with_members_in_common()
    prints = [
        *background(12.0),
        *joining([*accounts(30, "one"), *both], 0xFEED, a_day=90.0, simhash=1),
        *joining(
            [*accounts(30, "other"), *both], 0xBEEF, first=LATER + DAY_MS, a_day=90.0, simhash=2**64 - 1
        ),
    ]
    said = told(campaigns, prints, LATER + 4 * DAY_MS)
    first, second = opened(said)
    assert set(both) <= set(named(said, first.uid)) & set(named(said, second.uid))
    (closed,) = [one for one in stated(said) if one.activity is Activity.CLOSE]
    assert closed.uid == first.uid
    for tenant in both:
        assert campaigns.named_before(tenant, closed.time)
    assert campaigns.members == len(named(said, second.uid))
    campaigns = restored(campaigns.dump())
    campaigns.close(LATER + 9 * DAY_MS)
    assert campaigns.members == 0


def test_what_is_open_survives_the_state() -> None:
    assert restored(SMALL).open == 1
    assert restored(SMALL).named_before("thief-1", BEFORE)
    assert found([]) == []
