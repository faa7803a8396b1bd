"""Templates that are one and the same in other words."""

from __future__ import annotations

from typing import Any

from models.campaign.campaigns import Campaigns
from models.finding import Activity
from tests.models.campaign.fleet import (
    CONFIG,
    DAY_MS,
    END,
    HARVEST,
    HOUR_MS,
    LATER,
    accounts,
    background,
    found,
    joining,
    named,
    opened,
    stated,
    told,
)

OTHER = 0xBEEF
THIEVES = accounts(40)
SIMHASH = 0x0123_4567_89AB_CDEF


def test_new_words_of_the_same_accounts_belong_to_one_campaign() -> None:
    said = found([*joining(THIEVES), *joining(THIEVES, OTHER, first=LATER + 12 * HOUR_MS)])
    (first,) = opened(said)
    assert {one.uid for one in stated(said)} == {first.uid}
    assert set(stated(said)[-1].templates) == {HARVEST, OTHER}
    assert sorted(named(said)) == sorted(set(named(said)))
    assert len(named(said)) >= 36


def halves() -> tuple[list[str], list[str]]:
    return THIEVES[:20], THIEVES[20:]


def test_two_wordings_of_one_meaning_that_are_taken_up_at_once_belong_to_one_campaign() -> None:
    one, other = halves()
    pace: dict[str, Any] = {"a_day": 20.0, "simhash": SIMHASH}
    said = found([*joining(one, **pace), *joining(other, OTHER, **pace)])
    (last,) = [x for x in stated(said) if x.activity is Activity.CLOSE and len(x.templates) > 1]
    assert set(last.templates) == {HARVEST, OTHER}
    assert set(named(said, last.uid)) <= set(THIEVES)
    assert len(named(said, last.uid)) >= 36


def test_two_wordings_of_different_meaning_and_accounts_are_two_campaigns() -> None:
    one, other = halves()
    prints = [
        *joining(one, a_day=60.0, simhash=SIMHASH),
        *joining(other, OTHER, a_day=60.0, simhash=SIMHASH ^ 0xFFFF_FFFF),
    ]
    said = found(prints)
    assert len(opened(said)) == 2
    for campaign in opened(said):
        members = set(named(said, campaign.uid))
        assert members <= set(one) or members <= set(other)


def two_that_meet() -> list[str]:
    return accounts(30, "one") + accounts(30, "other")


def test_of_two_campaigns_that_turn_out_to_be_one_the_later_closes() -> None:
    campaigns = Campaigns(CONFIG)
    said = told(
        campaigns,
        [
            *background(),
            *joining(accounts(24, "one"), a_day=60.0, simhash=SIMHASH),
            *joining(
                accounts(24, "other"),
                OTHER,
                first=LATER + 2 * HOUR_MS,
                a_day=60.0,
                simhash=~SIMHASH & 2**64 - 1,
            ),
            *joining(
                [*accounts(24, "one"), *accounts(24, "other")], 0xABBA, first=LATER + DAY_MS, a_day=100.0
            ),
        ],
    )
    first, second, *_ = opened(said)
    (closed,) = [one for one in stated(said) if one.activity is Activity.CLOSE and one.uid == second.uid]
    (kept,) = [one for one in stated(said) if one.activity is Activity.CLOSE and one.uid == first.uid]
    assert closed.time < kept.time
    assert closed.members == ()
    assert set(named(said, second.uid)) <= set(named(said, first.uid))
    assert len(named(said, first.uid)) == len(set(named(said, first.uid)))
    assert {HARVEST, OTHER} <= set(kept.templates)
    assert not [one for one in stated(said) if one.uid == second.uid and one.time > closed.time]
    assert (campaigns.open, campaigns.members) == (0, 0)
    assert campaigns.close(END + DAY_MS) == []
