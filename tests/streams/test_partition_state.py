from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from models.campaign.fingerprint import Fingerprint
from models.episode import State
from models.finding import Finding, Severity
from models.judging import OnError
from models.population.profile import EarlyProfile
from models.requests import Requests, table_of
from models.score import Score
from models.sketch import Origin, Sketch
from streams.metrics import Metrics
from streams.partition_state import SWEEP_AT_ONCE, FrozenPartition, PartitionState
from streams.reading import Batch
from streams.snapshot_store import StoreError
from streams.state_record import OWN_KEY, PARTITION_KEY, StateRecord, open_partition

DAY = 86_400_000
NOW = 1_800_000_000_000


class CountingFleet:
    """Counts a tenant's requests; a snapshot is the count, and the offset of the last of them."""

    def __init__(self, restore: Callable[[str], bytes | None]) -> None:
        self._restore = restore
        self._changed: dict[str, bytes | None] = {}
        self._frozen: dict[str, bytes | None] = {}
        self.counts: dict[str, list[int]] = {}
        self.tenants: Mapping[str, Any] = {}
        self.refused_snapshots = 0
        self.skipped = 0
        self.repeated = 0
        self.crowd = 0.0
        self.states: Counter[State] = Counter()
        self.open_episodes: Counter[Severity] = Counter()

    def strongest(self, _most: int, _known: Collection[str]) -> list[tuple[float, Any]]:
        return []

    def apply_many(self, requests: Requests, offsets: Sequence[int], on_error: OnError) -> list[Finding]:
        found: list[Finding] = []
        for place, offset in enumerate(offsets):
            try:
                found += self._apply(requests.id(place), requests.tenants[place], offset)
            except (ZeroDivisionError, StoreError) as error:
                on_error(place, error)
        return found

    @property
    def changes(self) -> int:
        return len(self._changed)

    def steer(self) -> None:
        """No rules."""

    def answer(self, _tenant: str) -> list[Finding]:
        return []

    def take_profiles(self) -> list[EarlyProfile]:
        return []

    def take_fingerprints(self) -> list[Fingerprint]:
        return []

    def take_scores(self) -> list[Score]:
        return []

    def _apply(self, request_id: str, tenant: str, offset: int) -> list[Finding]:
        if request_id == "poison":
            raise ZeroDivisionError
        if tenant not in self.counts:
            stored = self._restore(tenant)
            self.counts[tenant] = [int(part) for part in stored.split(b",")] if stored else [0, -1]
        count, last = self.counts[tenant]
        if offset <= last:
            self.skipped += 1
            return []
        self.counts[tenant] = [count + 1, offset]
        self._changed[tenant] = f"{count + 1},{offset}".encode()
        return [cast("Finding", SimpleNamespace(tenant=tenant, count=count + 1))]

    def expire(self, tenant: str, now: int) -> list[Finding]:
        self.counts.pop(tenant, None)
        self._changed[tenant] = None
        return [cast("Finding", SimpleNamespace(tenant=tenant, count=0, time=now))]

    def freeze(self) -> None:
        assert not self._frozen
        self._frozen, self._changed = self._changed, {}

    def frozen(self, most: int) -> list[tuple[str, bytes | None]]:
        return [(name, self._frozen.pop(name)) for name in list(self._frozen)[: min(most, 2)]]

    def checkpointed(self) -> None:
        assert not self._frozen


@dataclass
class Store:
    """The state topic of one partition, as it would be restored."""

    kept: dict[bytes, StateRecord] = field(default_factory=dict)
    full: bool = False

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        assert partition == 3
        if self.full:
            raise StoreError("the disk is full")
        return self.kept.get(key)

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        assert partition == 3
        for key, record in writes.items():
            if record is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = record

    def older_than(self, partition: int, time: int, most: int) -> list[bytes]:
        assert partition == 3
        idle = [key for key, record in self.kept.items() if record.time < time]
        return [key for key in idle if not key.startswith(OWN_KEY)][:most]


def new_state(store: Store, max_snapshot_bytes: int = 1000) -> tuple[PartitionState, CountingFleet]:
    fleets: list[CountingFleet] = []

    def new_fleet(restore: Callable[[str], bytes | None]) -> CountingFleet:
        fleets.append(CountingFleet(restore))
        return fleets[0]

    state = PartitionState(
        3,
        store,
        new_fleet,
        max_snapshot_bytes=max_snapshot_bytes,
        ttl_ms=30 * DAY,
        metrics=Metrics(),
        clock=lambda: NOW,
    )
    return state, fleets[0]


def reading(*requests: tuple[int, str, int], time: int = NOW - DAY) -> Batch:
    """Sketches by offset, tenant and source offset."""
    sketches = [
        (offset, Sketch(id=f"r{source}", tenant=tenant, time=time, origin=Origin("source", 0, source)))
        for offset, tenant, source in requests
    ]
    return batch(*sketches)


def batch(*sketches: tuple[int, Sketch]) -> Batch:
    """These sketches at these offsets."""
    return Batch([offset for offset, _ in sketches], table_of([sketch for _, sketch in sketches]))


@dataclass
class Written:
    """What a checkpoint has written."""

    position: int
    writes: dict[bytes, StateRecord | None]
    record: StateRecord


def whole(frozen: FrozenPartition) -> Written:
    writes = {key: value for part in frozen.slices for key, value in part.items()}
    assert frozen.key == PARTITION_KEY
    return Written(frozen.position, writes, frozen.record)


def frozen(state: PartitionState) -> Written:
    result = state.freeze()
    assert result is not None
    return whole(result)


def test_a_source_record_that_was_forwarded_twice_counts_once() -> None:
    state, fleet = new_state(Store())
    state.apply(reading((0, "a", 10), (1, "b", 11)), 2)
    state.apply(reading((2, "a", 10), (3, "b", 11), (4, "a", 12)), 5)
    assert fleet.counts == {"a": [2, 4], "b": [1, 1]}
    assert state.record.marks == {("source", 0): (12, 0)}


def test_marks_of_different_source_partitions_do_not_meet() -> None:
    state, fleet = new_state(Store())
    other = Sketch(id="r", tenant="a", time=NOW, origin=Origin("source", 1, 2))
    state.apply(reading((0, "a", 10)), 1)
    state.apply(batch((1, other)), 2)
    assert fleet.counts == {"a": [2, 1]}


def test_a_crash_at_any_point_of_a_checkpoint_counts_every_request_once() -> None:
    requests = [(0, "a", 10), (1, "b", 11), (2, "a", 12), (3, "a", 10), (4, "b", 13), (5, "c", 14)]
    for first in range(len(requests) + 1):
        for written in range(4):
            store = Store()
            state, _ = new_state(store)
            before = dict(store.kept)
            state.apply(reading(*requests[:first]), first)
            result = frozen(state) if first else None
            # What had reached the state topic when the worker was killed: a prefix of what it wrote.
            writes = list(result.writes.items())[:written] if result else []
            store.kept = before | {key: value for key, value in writes if value is not None}
            if result and written == 3:
                store.kept |= {PARTITION_KEY: result.record}
            again, _ = new_state(store)
            rest = [request for request in requests if request[0] >= again.record.position]
            again.apply(reading(*rest), len(requests))
            if rest:
                frozen(again)
            last, final = new_state(store)
            last.apply(reading((6, "a", 15), (7, "b", 16), (8, "c", 17)), 9)
            assert {name: count for name, (count, _) in final.counts.items()} == {"a": 3, "b": 3, "c": 2}


def parts(*requests: tuple[int, str, int, int]) -> Batch:
    """Sketches by offset, tenant, source offset and part."""
    return batch(
        *(
            (offset, Sketch(id="r", tenant=tenant, time=NOW - DAY, origin=Origin("source", 0, source, part)))
            for offset, tenant, source, part in requests
        )
    )


def test_the_events_of_one_record_count_each_and_once() -> None:
    state, fleet = new_state(Store())
    state.apply(parts((0, "a", 10, 0), (1, "a", 10, 1), (2, "b", 10, 4), (3, "a", 11, 0)), 4)
    state.apply(parts((4, "a", 10, 0), (5, "a", 10, 1), (6, "b", 10, 4), (7, "a", 11, 0), (8, "a", 11, 1)), 9)
    assert {name: count for name, (count, _) in fleet.counts.items()} == {"a": 4, "b": 1}
    assert state.record.marks == {("source", 0): (11, 1)}


def test_an_intake_killed_between_two_events_of_a_record_loses_and_doubles_none() -> None:
    events = [("a", 10, 0), ("b", 10, 1), ("a", 10, 3), ("c", 11, 0), ("a", 11, 2)]
    for killed in range(len(events) + 1):
        for restored in range(killed + 1):
            first = [(offset, *event) for offset, event in enumerate(events[:killed])]
            # The next intake begins with the record again, and detect may be restored at any point of it.
            again = [(killed + offset, *event) for offset, event in enumerate(events)]
            store = Store()
            state, _ = new_state(store)
            if restored:
                state.apply(parts(*first[:restored]), restored)
                frozen(state)
            last, fleet = new_state(store)
            last.apply(parts(*first[restored:], *again), killed + len(events))
            frozen(last)
            counts = [store.kept[name].body.partition(b",")[0] for name in (b"a", b"b", b"c")]
            assert (counts, fleet.skipped) == ([b"3", b"1", b"1"], 0)
            assert last.record.marks == {("source", 0): (11, 2)}


def test_nothing_is_frozen_when_nothing_was_read() -> None:
    state, _ = new_state(Store())
    assert state.freeze() is None
    state.apply(reading((0, "a", 1)), 1)
    assert frozen(state).position == 1
    assert state.freeze() is None


def test_the_partitions_record_is_as_old_as_the_snapshots_beside_it() -> None:
    state, _ = new_state(Store())
    state.apply(reading((0, "a", 1)), 1)
    held = state.freeze()
    assert held
    state.apply(reading((1, "a", 2)), 2)
    result = whole(held)
    record = open_partition(result.record)
    assert (record.position, record.marks) == (1, {("source", 0): (1, 0)})
    assert set(result.writes) == {b"a"}


def test_a_snapshot_beyond_the_limit_leaves_an_empty_one_and_the_tenant_starts_cold() -> None:
    store = Store()
    state, _ = new_state(store)
    state.apply(reading((0, "a", 1), (1, "b", 2)), 2)
    frozen(state)
    small, _ = new_state(store, max_snapshot_bytes=2)
    small.apply(reading((2, "a", 3)), 3)
    value = frozen(small).writes[b"a"]
    assert value is not None
    assert value.body == b""
    cold, fleet = new_state(store)
    cold.apply(reading((3, "a", 4), (4, "b", 5)), 5)
    assert fleet.counts == {"a": [1, 3], "b": [2, 4]}


def test_a_tenant_is_forgotten_after_its_time_with_what_it_has_left_to_say() -> None:
    store = Store()
    state, _ = new_state(store)
    state.apply(reading((0, "idle", 1), time=NOW - 40 * DAY), 1)
    frozen(state)
    later, _ = new_state(store)
    assert [finding.tenant for finding in later.apply(reading((1, "a", 2)), 2).findings] == ["a"]
    later._next_sweep = 0
    assert [finding.tenant for finding in later.apply(reading((2, "a", 3)), 3).findings] == ["idle", "a"]
    assert frozen(later).writes[b"idle"] is None
    assert set(store.kept) == {b"a", PARTITION_KEY}


def test_many_tenants_that_are_idle_at_once_are_forgotten_in_turns() -> None:
    store, crowd = Store(), 2 * SWEEP_AT_ONCE + 3
    state, _ = new_state(store)
    requests = [(number, f"idle-{number}", number + 1) for number in range(crowd)]
    state.apply(reading(*requests, time=NOW - 40 * DAY), crowd)
    frozen(state)
    later, _ = new_state(store)
    later.apply(reading((crowd, "a", crowd + 1)), crowd + 1)
    forgotten = []
    for number in range(1, 5):
        judgement = later.apply(reading((crowd + number, "a", crowd + 1 + number)), crowd + 1 + number)
        forgotten.append(sum(finding.tenant != "a" for finding in judgement.findings))
        later._next_sweep = min(later._next_sweep, NOW)
    assert forgotten[:3] == [SWEEP_AT_ONCE, SWEEP_AT_ONCE, 3]
    assert sum(value is None for value in frozen(later).writes.values()) == crowd
    assert set(store.kept) == {b"a", PARTITION_KEY}


def test_an_event_from_the_future_makes_nobody_look_idle() -> None:
    store = Store()
    state, _ = new_state(store)
    state.apply(reading((0, "a", 1)), 1)
    frozen(state)
    state.apply(reading((1, "b", 2), time=NOW + 3650 * DAY), 2)
    state._next_sweep = 0
    assert [finding.tenant for finding in state.apply(reading((2, "c", 3)), 3).findings] == ["c"]


def test_a_sketch_that_breaks_the_models_is_reported_and_the_next_one_judged() -> None:
    state, fleet = new_state(Store())
    poison = Sketch(id="poison", tenant="a", time=NOW, origin=Origin("source", 0, 1))
    whole = Sketch(id="r2", tenant="b", time=NOW, origin=Origin("source", 0, 2))
    judgement = state.apply(batch((0, poison), (1, whole)), 2)
    assert list(judgement.failures) == [0]
    assert fleet.counts == {"b": [1, 1]}
    assert state.record.position == 2


@pytest.mark.parametrize("marks", [b"", b"nonsense", b"{}}"])
def test_a_broken_partition_record_is_counted_and_not_believed(marks: bytes) -> None:
    state, _ = new_state(Store({PARTITION_KEY: StateRecord(1, 2, marks)}))
    assert state.record.position == 0


def test_a_disk_that_fails_is_no_fault_of_the_sketch() -> None:
    state, _ = new_state(store := Store())
    store.full = True
    with pytest.raises(StoreError):
        state.apply(reading((0, "a", 1)), 1)
