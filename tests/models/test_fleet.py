"""The tenants of a partition: restored when they are seen, bounded, and never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.episode import State
from models.finding import Activity, Finding
from models.fleet import LEAST_CROWD, Fleet
from models.sketch import Origin, Sketch
from models.slab import Slab
from models.snapshot import Header, digest, pack, peek, unpack
from models.tenant import TenantModel

CONFIG = DetectorConfig(warmup_requests=100, least_threshold=100, quiet_hours=1, update_minutes=5)
START = 1_772_582_400_000
HOUR_MS = 3_600_000


class Store:
    """The state topic of one partition, and who asked for what."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.asked: list[str] = []

    def restore(self, tenant: str) -> bytes | None:
        self.asked.append(tenant)
        return self.blobs.get(tenant)

    def checkpoint(self, fleet: Fleet) -> None:
        """Write what changed, as the worker does."""
        for tenant, blob in fleet.changed():
            if blob is None:
                self.blobs.pop(tenant, None)
            else:
                self.blobs[tenant] = blob
        fleet.checkpointed()


def request(tenant: str, number: int) -> Sketch:
    """A request of a tenant of which nothing is known but the time."""
    return Sketch(id=f"r{number}", tenant=tenant, time=START + 1000 * number, origin=Origin("t", 0, number))


def applied(fleet: Fleet, requests: list[Sketch], first: int = 0) -> list[Finding]:
    """Apply requests at consecutive offsets."""
    return [finding for offset, x in enumerate(requests, first) for finding in fleet.apply(x, offset)]


def test_a_tenant_is_created_by_its_first_request() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    applied(fleet, [request("a", 0), request("b", 1), request("a", 2)])
    assert {name: tenant.events for name, tenant in fleet.tenants.items()} == {"a": 2, "b": 1}
    assert fleet.changes == 2


def test_an_offset_that_was_applied_is_skipped_and_counted() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    applied(fleet, [request("a", 0), request("a", 1)], first=10)
    before = fleet.tenants["a"].dump()
    for offset in (11, 10, 3):
        assert fleet.apply(request("a", 9), offset) == []
    assert fleet.skipped == 3
    assert fleet.tenants["a"].dump() == before
    fleet.apply(request("a", 9), 12)
    assert fleet.tenants["a"].events == 3


def test_each_tenant_has_its_own_high_water_offset() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    fleet.apply(request("a", 0), 100)
    fleet.apply(request("b", 0), 50)
    assert fleet.skipped == 0
    assert (fleet.tenants["a"].offset, fleet.tenants["b"].offset) == (100, 50)


def test_what_is_only_skipped_is_not_changed() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    fleet.apply(request("a", 0), 5)
    fleet.freeze()
    fleet.apply(request("a", 1), 5)
    assert dict(fleet.changed()) == {}


def test_a_snapshot_names_the_last_offset_and_the_newest_time() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    applied(fleet, [request("a", 0), request("a", 7), request("a", 3)], first=40)
    ((name, blob),) = fleet.changed()
    assert name == "a"
    assert blob is not None
    assert peek(blob) == Header(offset=42, time=START + 7000)
    assert unpack(blob)[1] == fleet.tenants["a"].dump()


def test_a_tenant_is_restored_on_its_first_request_and_not_again() -> None:
    store = Store()
    before = Fleet(CONFIG, store.restore)
    applied(before, [request("a", number) for number in range(5)])
    store.checkpoint(before)
    store.asked.clear()
    after = Fleet(CONFIG, store.restore)
    assert store.asked == []
    applied(after, [request("a", 5), request("a", 6), request("b", 7)], first=5)
    assert store.asked == ["a", "b"]
    assert after.tenants["a"].events == 7
    assert after.tenants["a"].offset == 6


def test_events_read_again_after_a_restart_are_skipped() -> None:
    store = Store()
    before = Fleet(CONFIG, store.restore)
    requests = [request("a", number) for number in range(10)]
    applied(before, requests[:6])
    store.checkpoint(before)
    after = Fleet(CONFIG, store.restore)
    applied(after, requests)
    applied(before, requests[6:], first=6)
    assert after.skipped == 6
    assert after.tenants["a"].dump() == before.tenants["a"].dump()


def test_a_refused_snapshot_starts_its_tenant_cold_and_is_counted() -> None:
    store = Store()
    body = TenantModel("a", CONFIG).dump()
    store.blobs = {
        "damaged": pack(Header(5, 5), body)[:-1] + b"\x55",
        "short": b"DWS",
        "foreign": b"something else entirely, long enough for a header",
        "longer": pack(Header(5, 5), body + b"\0"),
        "body of nothing": pack(Header(5, 5), b""),
        "whole": pack(Header(5, 5), body),
    }
    fleet = Fleet(CONFIG, store.restore)
    for offset, tenant in enumerate(store.blobs, start=6):
        fleet.apply(request(tenant, 1), offset)
        assert fleet.tenants[tenant].events == 1
    assert fleet.refused_snapshots == 5


def test_more_tenants_than_allowed_live_only_until_the_checkpoint() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=3)
    applied(fleet, [request(f"t{number}", number) for number in range(10)])
    assert len(fleet.tenants) == 10
    store.checkpoint(fleet)
    assert list(fleet.tenants) == ["t7", "t8", "t9"]
    assert len(store.blobs) == 10


def test_the_least_recently_seen_go_first() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=2)
    applied(fleet, [request(name, number) for number, name in enumerate("abcab")])
    store.checkpoint(fleet)
    assert list(fleet.tenants) == ["a", "b"]


def test_an_evicted_tenant_comes_back_as_it_was() -> None:
    store, alone = Store(), TenantModel("a", CONFIG)
    fleet = Fleet(CONFIG, store.restore, max_tenants=1)
    for number in range(60):
        fleet.apply(request("a", number), 2 * number)
        alone.apply(request("a", number))
        fleet.apply(request(f"other-{number}", number), 2 * number + 1)
        store.checkpoint(fleet)
        assert "a" not in fleet.tenants
    fleet.apply(request("a", 60), 500)
    alone.apply(request("a", 60))
    assert fleet.tenants["a"].dump() == alone.dump()


def test_a_forgotten_tenant_is_told_as_a_tombstone_and_starts_cold() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore)
    applied(fleet, [request("a", 0), request("b", 1)])
    store.checkpoint(fleet)
    assert fleet.expire("a", START + 1000 * HOUR_MS) == []
    store.checkpoint(fleet)
    assert set(store.blobs) == {"b"}
    fleet.apply(request("a", 9), 9)
    assert fleet.tenants["a"].events == 1
    store.checkpoint(fleet)
    assert peek(store.blobs["a"]).offset == 9


def test_a_forgotten_tenant_need_not_be_live() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore)
    fleet.apply(request("a", 0), 0)
    store.checkpoint(fleet)
    after = Fleet(CONFIG, store.restore)
    assert after.expire("a", START + 1000 * HOUR_MS) == []
    assert list(after.tenants) == []
    store.checkpoint(after)
    assert store.blobs == {}


def test_forgetting_a_tenant_closes_its_open_episode(traffic: Callable[..., Any]) -> None:
    tenant, fleet = traffic(1), Fleet(CONFIG, Store().restore)
    said = applied(fleet, tenant.usual(600) + tenant.harvest(150))
    assert said[-1].activity is not Activity.CLOSE
    (closed,) = fleet.expire("acme", tenant.now + 1000 * HOUR_MS)
    assert closed.activity is Activity.CLOSE
    assert closed.uid == said[-1].uid
    assert said[-1].time <= closed.time <= tenant.now + HOUR_MS


def test_tenants_do_not_touch_each_other(traffic: Callable[..., Any]) -> None:
    one, other = traffic(1, "one"), traffic(2, "other")
    requests = [[*one.usual(500), *one.harvest(120)], other.usual(620)]
    mixed = [x for pair in zip(*requests, strict=True) for x in pair]
    together, alone = Fleet(CONFIG, Store().restore), Fleet(CONFIG, Store().restore)
    findings = applied(together, mixed)
    assert [found for found in findings if found.tenant == "one"] == applied(alone, requests[0])
    assert together.tenants["other"].episode.opened == 0


moves = st.lists(st.sampled_from(["a", "b", "c", "d", "checkpoint", "crash"]), max_size=60)


@given(moves, st.integers(1, 4))
@settings(deadline=None, max_examples=80)
def test_no_event_is_lost_or_counted_twice_whatever_the_worker_does(moves: list[str], limit: int) -> None:
    """After a crash all events since the last checkpoint are read again."""
    store, log, stored = Store(), [], 0
    fleet = Fleet(CONFIG, store.restore, max_tenants=limit)
    for move in moves:
        if move == "checkpoint":
            store.checkpoint(fleet)
            stored = len(log)
            assert len(fleet.tenants) <= limit
        elif move == "crash":
            fleet = Fleet(CONFIG, store.restore, max_tenants=limit)
            applied(fleet, log[stored:], first=stored)
        else:
            log.append(request(move, len(log)))
            fleet.apply(log[-1], len(log) - 1)
    store.checkpoint(fleet)
    stored_events = {}
    for name, blob in store.blobs.items():
        model = TenantModel(name, CONFIG)
        model.load(unpack(blob)[1])
        stored_events[name] = model.events
    assert stored_events == Counter(x.tenant for x in log)


def test_a_snapshot_of_a_tenant_is_small(traffic: Callable[..., Any]) -> None:
    tenant, fleet = traffic(3), Fleet(CONFIG, Store().restore)
    applied(fleet, [replace(x, tenant="acme") for x in tenant.usual(3000)])
    ((_, blob),) = fleet.changed()
    assert blob is not None
    assert len(blob) <= 8 * 1024


def test_a_repeated_request_is_counted_once() -> None:
    once, twice = Fleet(CONFIG, Store().restore), Fleet(CONFIG, Store().restore)
    requests = [request("a", number) for number in range(300)]
    applied(once, requests)
    applied(twice, [x for number in range(0, 300, 60) for x in requests[number : number + 60] * 2])
    assert twice.repeated == 300
    assert (once.tenants["a"].events, twice.tenants["a"].events) == (300, 300)
    assert twice.tenants["a"].repeated == 300
    assert twice.tenants["a"].evidence == once.tenants["a"].evidence


def test_requests_that_share_an_id_alone_are_no_repeats() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    same = replace(request("a", 0), id="the same")
    applied(fleet, [same, replace(same, time=START + 1), replace(same, whole=7), same])
    assert (fleet.tenants["a"].events, fleet.repeated) == (3, 1)


def test_a_tenant_that_was_idle_for_too_long_starts_anew_whether_it_was_swept_or_not() -> None:
    kept, swept = (
        Fleet(CONFIG, Store().restore, ttl_ms=HOUR_MS),
        Fleet(CONFIG, Store().restore, ttl_ms=HOUR_MS),
    )
    for fleet in (kept, swept):
        applied(fleet, [request("a", number) for number in range(200)])
    swept.expire("a", START + 1000 * HOUR_MS)
    for fleet in (kept, swept):
        applied(fleet, [request("a", 200 + 3601), request("a", 200 + 3602)], first=200)
    assert kept.tenants["a"].events == 2
    assert kept.tenants["a"].dump() == swept.tenants["a"].dump()
    assert kept.tenants["a"].offset == swept.tenants["a"].offset == 201


def test_an_open_episode_of_a_tenant_that_was_idle_for_too_long_is_closed_first(
    traffic: Callable[..., Any],
) -> None:
    tenant, fleet = traffic(1), Fleet(CONFIG, Store().restore, ttl_ms=24 * HOUR_MS)
    said = applied(fleet, tenant.usual(600) + tenant.harvest(150))
    assert said[-1].activity is not Activity.CLOSE
    late = replace(request("acme", 10_000), time=tenant.now + 25 * HOUR_MS)
    assert [finding.activity for finding in fleet.apply(late, 10_000)] == [Activity.CLOSE]
    assert fleet.tenants["acme"].events == 1


def test_a_digest_knows_the_state_and_not_the_place() -> None:
    here, there = Store(), Store()
    for store, first in ((here, 0), (there, 500)):
        fleet = Fleet(CONFIG, store.restore)
        applied(fleet, [request("a", number) for number in range(5)], first)
        store.checkpoint(fleet)
    assert here.blobs["a"] != there.blobs["a"]
    assert digest(here.blobs["a"]) == digest(there.blobs["a"])


def test_a_crowd_of_new_tenants_asks_for_a_checkpoint_which_lets_them_go() -> None:
    store = Store()
    fleet = Fleet(CONFIG, store.restore, max_tenants=10)
    applied(fleet, [request(f"t{number}", number) for number in range(10 + LEAST_CROWD)])
    assert fleet.crowd == 1
    applied(fleet, [request("one more", 9_999)], first=9_999)
    assert fleet.crowd > 1
    store.checkpoint(fleet)
    assert fleet.crowd == 0


def test_a_fleet_tells_where_its_tenants_stand() -> None:
    fleet = Fleet(CONFIG, Store().restore)
    assert fleet.states.total() == 0
    fleet._slab = Slab(2)
    applied(fleet, [request(f"t{number % 5}", number) for number in range(800)])
    applied(fleet, [request("new", 1_000)], first=1_000)
    assert fleet.states == Counter({State.WARMING: 1, State.NORMAL: 5})
    fleet.expire("t2", START + 2_000_000)
    assert fleet.states[State.NORMAL] == 4
