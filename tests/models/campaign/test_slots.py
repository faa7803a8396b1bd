from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from models.campaign.slots import LEAST_SENT, Slots
from models.codec import Reader
from models.errors import SnapshotError
from tests.models.campaign.fleet import accounts, hashed

ASKED = 30


def course(prompts: int, pupils: int = 40) -> Slots:
    """Return what pupils ask of so many exercises."""
    chance, slots = random.Random(2), Slots()
    for name in accounts(pupils, "pupil"):
        for number in chance.sample(range(prompts), ASKED):
            slots.add(name, (hashed("exercise", number),))
    return slots


def harvest(kind: str = "thief", count: int = 40) -> Slots:
    """Return what accounts ask that share the work out."""
    slots = Slots()
    for name in accounts(count, kind):
        slots.add(name, tuple(hashed(name, number) for number in range(ASKED)))
    return slots


def test_accounts_that_share_the_work_out_are_apart() -> None:
    slots = harvest()
    assert slots.sent == pytest.approx(40 * ASKED, rel=0.1)
    assert slots.disjoint > 0.93
    assert slots.overlap(40) < 0.01
    assert slots.apart(40)


def test_pupils_of_a_course_are_not_apart() -> None:
    slots = course(60)
    assert slots.disjoint == pytest.approx(60 / (40 * ASKED), rel=0.2)
    assert slots.overlap(40) > 0.3
    assert not slots.apart(40)


def test_short_draws_from_a_long_list_are_apart_though_some_prompts_come_twice() -> None:
    slots = course(10_000)
    assert slots.apart(40)
    assert slots.overlap(40) < 0.01


def test_what_an_account_asks_again_counts_once() -> None:
    slots = Slots()
    for _ in range(50):
        slots.add("a", (1, 2, 3))
    assert slots.sent == pytest.approx(3.0, rel=1e-3)
    assert slots.disjoint == pytest.approx(1.0, abs=1e-3)


def test_two_that_ask_the_same_are_not_disjoint() -> None:
    slots = Slots()
    for name in ("a", "b"):
        slots.add(name, (1, 2, 3))
    assert slots.disjoint == pytest.approx(0.5, rel=1e-2)
    assert slots.overlap(2) == pytest.approx(1.0, rel=1e-2)


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_accounts_that_sent_nothing_are_not_apart(count: int) -> None:
    assert not Slots().apart(count)


def test_it_takes_some_prompts_to_see_that_the_work_is_shared_out() -> None:
    slots = Slots()
    for number in range(LEAST_SENT):
        assert not slots.divided
        slots.add(f"thief-{number % 8}", (hashed(number),))
    assert slots.divided
    assert not course(60).divided
    slots.merge(course(60))
    assert not slots.divided


def test_merging_is_the_union(dumped: Callable[[Any], bytes]) -> None:
    one, other, both = harvest("one"), harvest("other"), harvest("one")
    for name in accounts(40, "other"):
        both.add(name, tuple(hashed(name, number) for number in range(ASKED)))
    one.merge(other)
    assert one.sent == pytest.approx(both.sent, rel=0.03)
    assert one.disjoint == pytest.approx(both.disjoint, rel=0.03)
    before = one.sent
    one.merge(other)
    assert one.sent == pytest.approx(before, rel=1e-9)
    assert dumped(other) == dumped(harvest("other"))


@pytest.mark.parametrize("count", [0, 1, 4, 40, 400])
def test_slots_come_back_as_they_were_and_go_on(count: int, dumped: Callable[[Any], bytes]) -> None:
    slots = harvest(count=count)
    source = Reader(dumped(slots))
    back = Slots.load(source)
    source.end()
    assert dumped(back) == dumped(slots)
    for one in (slots, back):
        one.add("another", tuple(range(99)))
        one.merge(harvest("other"))
    assert dumped(back) == dumped(slots)
    assert (back.sent, back.disjoint) == (slots.sent, slots.disjoint)


@pytest.mark.parametrize("count", [1, 40, 400])
def test_any_damage_to_the_sketches_is_refused(count: int, dumped: Callable[[Any], bytes]) -> None:
    whole = dumped(harvest(count=count))
    for place in range(0, len(whole), 1 + len(whole) // 300):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        for value in (bytes(damaged), whole[:place]):
            with pytest.raises(SnapshotError):
                Slots.load(Reader(value))
