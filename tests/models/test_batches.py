"""Many requests at once: what is said and kept is what single requests would have led to."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core import judge
from models.core.ages import AGES
from models.finding import Activity, Finding
from models.fleet import Fleet
from models.requests import table_of
from models.sketch import Sketch
from models.slab import Slab
from models.snapshot import unpack
from models.tenant import TenantModel
from tests.models.conftest import Traffic
from tests.models.test_fleet import CONFIG, HOUR_MS, Store, applied, request


def watched(
    requests: list[Sketch], cuts: list[int], limit: int
) -> tuple[list[Finding], dict[str, bytes], int]:
    """Judge requests in batches that end at these places; every third batch is followed by a checkpoint."""
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=limit, ttl_ms=30 * HOUR_MS)
    found: list[Finding] = []
    ends = sorted({0, *cuts, len(requests)})
    for number, (start, end) in enumerate(pairwise(ends)):
        found += fleet.apply_many(table_of(requests[start:end]), range(start, end))
        if number % 3 == 0:
            store.checkpoint(fleet)
    store.checkpoint(fleet)
    return found, {name: unpack(blob)[1] for name, blob in store.blobs.items()}, fleet.repeated


@pytest.fixture(scope="module")
def crowd() -> list[Sketch]:
    """Requests of three tenants, mixed: attacks, repeats, late ones and one who is away for very long."""
    lives = []
    for seed, name in enumerate(("one", "other", "third")):
        tenant = Traffic(seed, name)
        requests = tenant.usual(250) + tenant.harvest(60) + tenant.varied(60)
        if name == "third":
            tenant.now += 40 * HOUR_MS
        requests += tenant.usual(40)
        lives.append([x for n, x in enumerate(requests) for _ in range(1 + (n % 29 == 0))])
    return [x for step in zip(*lives, strict=True) for x in step]


@given(st.lists(st.integers(1, 1_200), max_size=12), st.integers(1, 3))
@settings(deadline=None, max_examples=40)
def test_batches_of_any_size_say_and_keep_what_single_requests_do(
    crowd: list[Sketch], cuts: list[int], limit: int
) -> None:
    cuts = [cut for cut in cuts if cut < len(crowd)]
    found, states, repeated = watched(crowd, cuts, limit)
    single, expected, counted = singly(tuple(crowd))
    assert found == single
    assert states == expected
    assert repeated == counted > 0
    assert {finding.activity for finding in found} >= {Activity.CREATE, Activity.CLOSE}


@cache
def singly(requests: tuple[Sketch, ...]) -> tuple[list[Finding], dict[str, bytes], int]:
    """The same one by one."""
    return watched(list(requests), list(range(len(requests))), 3)


def test_a_batch_over_many_chunks_of_memory_says_it_in_the_order_of_the_requests() -> None:
    one, many = Fleet(CONFIG, Store().restore), Fleet(CONFIG, Store().restore)
    many._slab = Slab(2)
    tenants = [Traffic(seed, f"t{seed}") for seed in range(7)]
    lives = [tenant.usual(250) + tenant.harvest(60) for tenant in tenants]
    requests = [x for step in zip(*lives, strict=True) for x in step]
    said = many.apply_many(table_of(requests), range(len(requests)))
    assert len(many._slab.chunks) == 4
    assert said == applied(one, requests)
    assert len({finding.tenant for finding in said}) == 7


def test_a_request_that_python_fails_on_is_told_and_the_others_are_judged() -> None:
    def restore(tenant: str) -> bytes | None:
        if tenant == "bad":
            raise OSError("no")
        return None

    fleet, told = Fleet(CONFIG, restore), list[tuple[int, str]]()
    requests = table_of([request(name, number) for number, name in enumerate(["a", "bad", "b", "bad"])])
    fleet.apply_many(requests, range(4), lambda place, error: told.append((place, str(error))))
    assert told == [(1, "no"), (3, "no")]
    assert sorted(fleet.tenants) == ["a", "b"]
    assert fleet.changes == 2


def test_a_tenant_takes_the_place_of_one_that_left_and_nothing_of_it() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=1)
    applied(fleet, [request("a", number) for number in range(50)])
    applied(fleet, [request("b", 50)], first=50)
    store.checkpoint(fleet)
    applied(fleet, [request("c", 51)], first=51)
    alone = TenantModel("c", CONFIG)
    alone.apply(request("c", 51))
    assert fleet.tenants["c"].dump() == alone.dump()
    assert len(fleet._slab.chunks) == 1
    assert fleet.tenants["c"].row == 0


@pytest.mark.parametrize("count", [49, 50, 200])
def test_a_tenant_comes_of_age_at_set_numbers_of_requests(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages: list[int] = []
    monkeypatch.setattr(TenantModel, "come_of_age", lambda model, _: ages.append(model.events))
    fleet = Fleet(CONFIG, Store().restore)
    fleet.apply_many(table_of([request("a", number) for number in range(count)]), range(count))
    assert ages == [age for age in AGES if age <= count]


def test_the_core_is_compiled_for_one_kind_of_arguments(crowd: list[Sketch]) -> None:
    """Another kind would have to be compiled while requests wait."""
    fleet = Fleet(CONFIG, Store().restore)
    table = table_of(crowd)
    fleet.apply_many(table.taken(range(0, len(crowd), 2)), range(0, len(crowd), 2))
    fleet.apply_many(table, range(len(crowd)))
    fleet.apply(crowd[-1], len(crowd))
    assert len(judge.judge.signatures) == 1  # type: ignore[attr-defined]
