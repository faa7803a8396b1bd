"""What is said follows from the fingerprints alone, not from when and in which order they arrive."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from models.campaign.campaigns import Campaigns
from models.campaign.fingerprint import Fingerprint
from models.finding import Activity, Finding
from models.population.newcomers import BATCH_MS
from tests.models.campaign.fleet import (
    CONFIG,
    DAY_MS,
    END,
    HARVEST,
    HOUR_MS,
    LATER,
    START_MS,
    Said,
    accounts,
    again,
    background,
    episode,
    joining,
    named,
    opened,
)

OTHER, THIRD, SAME, FAR = 0xBEEF, 0xABBA, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210


def mixed() -> list[Fingerprint]:
    """Return a fleet with new words, two campaigns that meet, and one that comes later."""
    one, other = accounts(24, "one"), accounts(24, "other")
    return [
        *background(),
        *joining(one, a_day=60.0, simhash=SAME),
        *joining(other, OTHER, first=LATER + 2 * HOUR_MS, a_day=60.0, simhash=FAR),
        *joining([*one, *other], THIRD, first=LATER + DAY_MS, a_day=100.0),
        *joining(accounts(20, "words"), 0xCAFE, first=LATER + DAY_MS, a_day=20.0, simhash=SAME + 8),
        *joining(accounts(20, "more"), 0xF00D, first=LATER + DAY_MS, a_day=20.0, simhash=SAME + 8),
    ]


NOTES = [
    episode("one-3", LATER + 5),
    episode("other-4", LATER + 20 * HOUR_MS),
    episode("other-4", LATER + 30 * HOUR_MS, Activity.UPDATE),
    episode("one-3", LATER + 40 * HOUR_MS, Activity.CLOSE),
    episode("old-1-1", LATER),
]
Item = Fingerprint | Finding
EVERYTHING: list[Item] = [*mixed(), *NOTES]


def give(campaigns: Campaigns, items: Iterable[Item]) -> None:
    for one in items:
        if isinstance(one, Finding):
            campaigns.note(one)
        else:
            campaigns.add(one)


def judged() -> tuple[list[Said], Campaigns]:
    """Return what is said when all is closed at once."""
    campaigns = Campaigns(CONFIG)
    give(campaigns, EVERYTHING)
    return campaigns.close(END), campaigns


EXPECTED, AT_ONCE = judged()


def test_there_is_something_to_say_of_this_fleet() -> None:
    assert len(opened(EXPECTED)) >= 2
    assert len(named(EXPECTED)) > 80
    assert len(again(EXPECTED)) >= 3
    assert AT_ONCE.open == 0


def test_what_is_said_is_in_the_order_of_time() -> None:
    times = [one.time for one in EXPECTED]
    assert times == sorted(times)


@pytest.mark.parametrize("seed", range(4))
def test_neither_the_order_of_arrival_nor_the_number_of_closes_matters(seed: int) -> None:
    chance, campaigns = random.Random(seed), Campaigns(CONFIG)
    waiting, said = list(EVERYTHING), list[Said]()
    chance.shuffle(waiting)
    times = sorted(chance.randrange(START_MS, END) for _ in range(30))
    for until in [*times, END]:
        border = until - until % BATCH_MS
        give(campaigns, [one for one in waiting if one.time < border])
        waiting = [one for one in waiting if one.time >= border]
        said += campaigns.close(until)
    assert said == EXPECTED
    assert campaigns.dump() == AT_ONCE.dump()


def test_closing_every_batch_or_all_at_once_is_the_same() -> None:
    campaigns, said = Campaigns(CONFIG), list[Said]()
    give(campaigns, EVERYTHING)
    for until in range(START_MS, END + 1, BATCH_MS):
        said += campaigns.close(until)
    assert said == EXPECTED
    assert campaigns.dump() == AT_ONCE.dump()


def test_what_comes_again_changes_nothing_even_when_it_was_judged() -> None:
    campaigns, said, behind = Campaigns(CONFIG), list[Said](), list[Item]()
    waiting = sorted(EVERYTHING, key=lambda one: one.time)
    for until in range(START_MS, END + 1, 12 * HOUR_MS):
        due = [one for one in waiting if one.time < until]
        waiting = waiting[len(due) :]
        give(campaigns, [*due, *behind, *due])
        said += campaigns.close(until)
        behind = due
    assert said == EXPECTED
    assert campaigns.dump() == AT_ONCE.dump()


@pytest.mark.parametrize("hours", [0.0, 13.3, 20.0, 26.1, 30.0, 44.0, 80.0])
def test_a_state_that_is_written_and_read_goes_on_as_if_nothing_had_been(hours: float) -> None:
    at = int(LATER + hours * HOUR_MS)
    first, second = Campaigns(CONFIG), Campaigns(CONFIG)
    give(first, [one for one in EVERYTHING if one.time < at + HOUR_MS])
    said = first.close(at)
    second.load(first.dump())
    assert second.dump() == first.dump()
    assert second.dump() == first.dump()
    assert (second.open, second.members, second.templates) == (first.open, first.members, first.templates)
    give(second, [one for one in EVERYTHING if one.time >= at + HOUR_MS])
    assert said + second.close(END) == EXPECTED
    assert second.dump() == AT_ONCE.dump()


def test_a_state_may_be_written_and_read_all_the_time() -> None:
    campaigns, said = Campaigns(CONFIG), list[Said]()
    give(campaigns, EVERYTHING)
    for until in range(LATER - 6 * HOUR_MS, END + 1, 3 * HOUR_MS):
        said += campaigns.close(until)
        body, campaigns = campaigns.dump(), Campaigns(CONFIG)
        campaigns.load(body)
    assert said == EXPECTED
    assert campaigns.dump() == AT_ONCE.dump()
    assert HARVEST in {template for one in opened(EXPECTED) for template in one.templates}
