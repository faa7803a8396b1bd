from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.campaign.fingerprint import Fingerprint
from models.campaign.templates import LATEST, SHARED, Templates
from tests.models.campaign.fleet import HARVEST, LATER, MINUTE_MS, use

TENANTS = ("a", "b", "c")


def at(tenant: str, count: int, template: int = HARVEST) -> Fingerprint:
    """A fingerprint whose time follows from its count."""
    return use(tenant, template, LATER + count * MINUTE_MS, count)


def kept(store: dict[int, bytes], most: int = 100_000) -> Templates:
    return Templates(store.get, most)


def alone(most: int = 100_000) -> Templates:
    return kept({}, most)


def passed(templates: Templates, prints: Iterable[Fingerprint]) -> list[Fingerprint]:
    return [one for fingerprint in prints for one in templates.take(fingerprint)]


def checkpoint(templates: Templates, store: dict[int, bytes]) -> None:
    store.update({template: value for template, _, value in templates.changed()})
    templates.checkpointed()


def test_nothing_is_passed_on_until_enough_tenants_share_a_template() -> None:
    assert len(TENANTS) == SHARED
    templates = alone()
    assert passed(templates, [at("a", 1), at("a", 2), at("b", 1), at("b", 2)]) == []
    assert templates.take(at("c", 3)) == [at("a", 1), at("b", 1), at("a", 2), at("b", 2), at("c", 3)]


def test_once_shared_all_is_passed_on() -> None:
    templates = alone()
    passed(templates, [at(tenant, 1) for tenant in TENANTS])
    for one in (at("a", 2), at("d", 1), at("a", 2)):
        assert templates.take(one) == [one]


def test_templates_have_nothing_to_do_with_each_other() -> None:
    assert passed(alone(), [at(tenant, 1, number) for number, tenant in enumerate(TENANTS)]) == []


def test_one_that_comes_twice_makes_no_second_tenant_and_is_held_once() -> None:
    templates = alone()
    assert passed(templates, [at("a", 1)] * 9 + [at("b", 1)] * 9) == []
    assert templates.take(at("c", 1)) == [at("a", 1), at("b", 1), at("c", 1)]


def test_of_much_the_first_and_the_latest_are_held() -> None:
    templates = alone()
    assert passed(templates, [at("a", count) for count in range(1, 20)]) == []
    found = passed(templates, [at("b", 30), at("c", 31)])
    assert [one.count for one in found if one.tenant == "a"] == [1, *range(20 - LATEST, 20)]


counts = st.sets(st.integers(1, 64), min_size=1, max_size=LATEST + 1)


@given(st.lists(counts, min_size=1, max_size=5), st.randoms(use_true_random=False), st.integers(0, 9))
@settings(deadline=None, max_examples=100)
def test_the_same_is_passed_on_in_whatever_order_it_comes(
    lives: list[set[int]], chance: random.Random, twice: int
) -> None:
    prints = [at(f"tenant-{n}", count) for n, life in enumerate(lives) for count in life]
    expected = set(prints) if len(lives) >= SHARED else set()
    mixed = prints + prints[:twice]
    chance.shuffle(mixed)
    assert set(passed(alone(), mixed)) == expected


@given(st.lists(counts, min_size=2, max_size=4), st.randoms(use_true_random=False), st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_a_template_that_was_stored_goes_on_as_if_it_had_stayed(
    lives: list[set[int]], chance: random.Random, every: int
) -> None:
    prints = [
        at(f"tenant-{n}", count, template)
        for template in (1, 2)
        for n, life in enumerate(lives)
        for count in life
    ]
    chance.shuffle(prints)
    store: dict[int, bytes] = {}
    templates, whole, found = kept(store), alone(), []
    for number, one in enumerate(prints):
        found += templates.take(one)
        if number % every == 0:
            checkpoint(templates, store)
            templates = kept(store)
    assert found == passed(whole, prints)
    assert templates.refused == 0


def test_what_changed_is_told_once_with_its_latest_time() -> None:
    templates = alone()
    passed(templates, [at("a", 5), at("a", 2), at("a", 1, 7)])
    assert templates.changes == 2
    assert [(template, time) for template, time, _ in templates.changed()] == [
        (HARVEST, at("a", 5).time),
        (7, at("a", 1).time),
    ]
    assert templates.changes == 0
    assert templates.changed() == []


@pytest.mark.parametrize("shared", [False, True])
def test_a_damaged_record_is_refused_and_the_template_begins_anew(shared: bool) -> None:  # noqa: FBT001
    store: dict[int, bytes] = {}
    first = kept(store)
    passed(first, [at(tenant, 1) for tenant in TENANTS[: 3 if shared else 2]])
    checkpoint(first, store)
    whole = store[HARVEST]
    for damaged in (
        *(whole[:size] for size in range(len(whole))),
        whole + b"\0",
        b"\2" + whole[1:],
        b"\1\x09",
    ):
        templates = kept({HARVEST: damaged})
        assert templates.take(at("z", 1)) == []
        assert templates.refused == 1
    assert kept(store).take(at("z", 1)) == ([at("z", 1)] if shared else [at("a", 1), at("b", 1), at("z", 1)])


def test_those_seen_least_recently_leave_the_memory_at_a_checkpoint() -> None:
    store: dict[int, bytes] = {}
    templates = kept(store, most=2)
    passed(templates, [at("a", 1, 1), at("a", 1, 2), at("a", 1, 3), at("b", 1, 1)])
    assert len(templates) == 3
    checkpoint(templates, store)
    assert len(templates) == 2
    assert templates.forget(1)
    assert len(templates) == 1
    assert templates.take(at("c", 1, 1)) == [at("a", 1, 1), at("b", 1, 1), at("c", 1, 1)]
    assert passed(templates, [at("b", 1, 2), at("c", 1, 2)]) == [at(tenant, 1, 2) for tenant in TENANTS]


def test_a_frozen_template_is_taken_as_it_was_and_stays_in_memory_if_it_changed() -> None:
    store: dict[int, bytes] = {}
    templates = kept(store, most=1)
    passed(templates, [at("a", 1, 1), at("a", 1, 2), at("a", 1, 3)])
    templates.freeze()
    passed(templates, [at("b", 1, 2), at("c", 1, 2)])
    taken = [one for _ in range(3) for one in templates.frozen(1)]
    store.update({template: value for template, _, value in taken})
    templates.checkpointed()
    assert len(templates) == 1
    assert kept(store).take(at("b", 2, 2)) == []
    checkpoint(templates, store)
    assert kept(store).take(at("d", 1, 2)) == [at("d", 1, 2)]


def test_a_template_is_not_forgotten_before_it_is_stored() -> None:
    templates = alone()
    templates.take(at("a", 1))
    assert not templates.forget(HARVEST)
    templates.freeze()
    assert not templates.forget(HARVEST)
    templates.frozen(1)
    templates.checkpointed()
    assert templates.forget(HARVEST)
    assert len(templates) == 0
    assert templates.forget(HARVEST)
