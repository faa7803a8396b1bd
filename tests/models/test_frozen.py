"""Tenants as they were when a checkpoint began, whatever comes of them before it is written."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from models.fleet import Fleet
from models.snapshot import peek, unpack
from tests.models.test_fleet import CONFIG, HOUR_MS, START, Store, applied, request


def test_each_change_is_frozen_and_taken_once() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    applied(fleet, [request("a", 0), request("b", 1)])
    fleet.freeze()
    assert fleet.changes == 0
    assert [name for name, _ in fleet.frozen(1)] == ["a"]
    assert [name for name, _ in fleet.frozen(5)] == ["b"]
    assert fleet.frozen(5) == []
    assert fleet.changed() == []


def test_a_frozen_tenant_is_taken_as_it_was_whatever_came_of_it() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore)
    names = ["goes on", "goes idle", "rests", "had gone"]
    applied(fleet, [request(name, number) for number, name in enumerate(names)])
    store.checkpoint(fleet)
    fleet.expire("had gone", START + 1000 * HOUR_MS)
    applied(fleet, [request(name, 10 + number) for number, name in enumerate(names[:3])], first=10)
    before = {name: fleet.tenants[name].dump() for name in names[:3]}
    fleet.freeze()
    applied(fleet, [request("goes on", 20), request("had gone", 21)], first=20)
    fleet.expire("goes idle", START + 1000 * HOUR_MS)
    fleet.apply(request("goes idle", 22), 22)
    taken = dict(fleet.frozen(9))
    assert {name: unpack(blob)[1] for name, blob in taken.items() if blob} == before
    assert taken["had gone"] is None
    assert fleet.tenants["goes idle"].events == fleet.tenants["had gone"].events == 1
    assert {name for name, _ in fleet.changed()} == {"goes on", "had gone", "goes idle"}


def test_what_changed_since_it_was_frozen_stays_in_memory() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=2)
    applied(fleet, [request(name, number) for number, name in enumerate("abcd")])
    fleet.freeze()
    applied(fleet, [request(name, 10 + number) for number, name in enumerate(["ef", "a"])], first=10)
    store.blobs |= {name: blob for name, blob in fleet.frozen(9) if blob}
    fleet.checkpointed()
    assert set(fleet.tenants) == {"ef", "a"}
    applied(fleet, [request("g", 20), request("h", 21)], first=20)
    fleet.checkpointed()
    assert set(fleet.tenants) == {"ef", "a", "g", "h"}


moves = st.lists(st.sampled_from([*"abcd", "begin", "take", "take", "crash"]), max_size=60)


@given(moves, st.integers(1, 4))
@settings(deadline=None, max_examples=80)
def test_a_checkpoint_that_is_written_bit_by_bit_holds_what_was_when_it_began(
    moves: list[str], limit: int
) -> None:
    """Requests come between two bits; after a crash those since the last whole checkpoint come again."""
    store, log, stored, begun = Store(), [], 0, None
    fleet = Fleet(CONFIG, store.restore, max_tenants=limit)
    for move in [*moves, "crash"]:
        if move == "begin":
            if begun is None:
                fleet.freeze()
                begun = len(log)
        elif move == "take":
            taken = fleet.frozen(1)
            store.blobs |= {name: blob for name, blob in taken if blob}
            assert all(peek(blob).offset < (begun or 0) for _, blob in taken if blob)
            if begun is not None and not taken:
                fleet.checkpointed()
                stored, begun = begun, None
        elif move == "crash":
            fleet, begun = Fleet(CONFIG, store.restore, max_tenants=limit), None
            applied(fleet, log[stored:], first=stored)
        else:
            log.append(request(move, len(log)))
            fleet.apply(log[-1], len(log) - 1)
    applied(fleet, [request(name, len(log) + number) for number, name in enumerate("abcd")], first=len(log))
    counts = Counter(x.tenant for x in log)
    assert {name: tenant.events for name, tenant in fleet.tenants.items()} == {
        name: counts[name] + 1 for name in "abcd"
    }
