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


def test_two_campaigns_stay_two_though_they_turn_out_to_be_one() -> None:
    campaigns = Campaigns(CONFIG)
    one, other = accounts(24, "one"), accounts(24, "other")
    far = ~SIMHASH & 2**64 - 1
    said = told(
        campaigns,
        [
            *background(),
            *joining(one, a_day=60.0, simhash=SIMHASH),
            *joining(other, OTHER, first=LATER + 2 * HOUR_MS, a_day=60.0, simhash=far),
            *joining([*one, *other], 0xABBA, first=LATER + DAY_MS, a_day=100.0),
        ],
    )
    first, second, *_ = opened(said)
    for campaign, members in ((first, one), (second, other)):
        statements = [x for x in stated(said) if x.uid == campaign.uid]
        assert [x.activity for x in statements].count(Activity.CLOSE) == 1
        assert statements[-1].activity is Activity.CLOSE
        names = named(said, campaign.uid)
        assert len(names) == len(set(names)) >= 0.9 * len(members)
        assert set(members) & set(names)
    assert (campaigns.open, campaigns.members) == (0, 0)
    assert campaigns.close(END + DAY_MS) == []
