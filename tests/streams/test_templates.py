"""The stage between detect and population alone: fingerprints in, those of shared templates out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from faust.types import TP

from models.campaign.fingerprint import Fingerprint
from models.campaign.templates import SHARED
from models.errors import TopicError
from models.population.newcomers import BATCH_MS
from models.population.progress import DISORDER_MS
from streams.checkpoint import Frozen, StateWrite
from streams.metrics import Metrics
from streams.population_records import Mark, Said, Shared, marks_record, read_record, template_key
from streams.record import Record
from streams.snapshot_store import SnapshotStore
from streams.state_record import OWN_KEY, TEMPLATE_KEY, StateRecord, decode_state
from streams.template_state import POSITION_KEY, SWEEP_AT_ONCE, TemplateState, position_of
from streams.templates import TemplateStage
from tests.models.population.crowd import DAY_MS, HOUR_MS, START_MS
from tests.streams.fake_producer import FakeProducer
from tests.streams.test_population_records import FINGERPRINT

TOPIC = TP("fingerprints", 1)
BORDER = START_MS - START_MS % BATCH_MS + DISORDER_MS
MEMORY_MS = 14 * DAY_MS


def use(tenant: str, template: int = 7, time: int = START_MS, count: int = 3) -> Fingerprint:
    moment = time - time % 1000
    times = {"time": time, "started": moment - HOUR_MS, "since": moment - HOUR_MS, "joined": moment}
    request = replace(FINGERPRINT.request, template_hash=f"{template:016x}")
    return replace(
        FINGERPRINT, tenant=tenant, template=template, count=count, requests=count, request=request, **times
    )


def record(said: Fingerprint | Mark | bytes, offset: int) -> Record:
    if isinstance(said, Mark):
        key, value = marks_record([said])
    elif isinstance(said, Fingerprint):
        key, value = template_key(said.template), said.encode()
    else:
        key, value = b"key", said
    return Record(*TOPIC, offset, key=key, value=value)


class Bench:
    """A stage with a state topic of its own, which outlives it."""

    def __init__(self, most: int = 100) -> None:
        self.store = SnapshotStore()
        self.most = most
        self.producer = FakeProducer()
        self.metrics = Metrics()
        self.end = 10**6
        self.ours = True
        self.now = START_MS + 1000 * DAY_MS
        self.stage = self.restarted()

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        assert partition == TOPIC.partition
        return self.store.get(key)

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        assert partition == TOPIC.partition
        self.store.put(writes)

    def older_than(self, partition: int, time: int, most: int, kind: bytes) -> list[bytes]:
        assert partition == TOPIC.partition
        return self.store.older_than(time, most, kind)

    async def _ends(self, partitions: Sequence[TP]) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, self.end)

    def restarted(self) -> TemplateStage:
        """Return the stage as another worker would have it."""
        self.stage = TemplateStage(
            TOPIC.topic,
            lambda partition: TemplateState(
                partition,
                self,
                partitions=2,
                most=self.most,
                memory_ms=MEMORY_MS,
                metrics=self.metrics,
                clock=lambda: self.now,
            ),
            self.producer.deliveries(),
            has_state=lambda _partition: self.ours,
            end_offsets=self._ends,
            population="population",
            dead_letters="dead-letters",
            metrics=self.metrics,
        )
        return self.stage

    def read(self, said: Sequence[Fingerprint | Mark | bytes], first: int = 0) -> Frozen:
        """Let the stage read records from an offset on, and checkpoint."""

        async def run() -> Frozen:
            await self.stage.open(TOPIC)
            self.stage.step(TOPIC, [record(one, first + number) for number, one in enumerate(said)])
            await self.stage._deliveries.flush()
            frozen = self.stage.freeze()
            await frozen.deliveries.settle(1)
            return replace(frozen, snapshots=list(frozen.snapshots))

        return asyncio.run(run())

    def passed_on(self) -> list[Said]:
        """Return what was passed on so far."""
        assert {(sent.topic, sent.partition) for sent in self.producer.took} <= {("population", 0)}
        return [read_record(sent.key or b"", sent.value or b"") for sent in self.producer.took]

    def shared(self) -> list[Fingerprint]:
        """Return the fingerprints among it."""
        return [one.fingerprint for one in self.passed_on() if isinstance(one, Shared)]


def written(frozen: Frozen) -> list[StateWrite]:
    return [write for writes in frozen.snapshots for write in writes]


def crowd(template: int = 7, time: int = START_MS, count: int = SHARED) -> list[Fingerprint]:
    """Return the uses of a template by as many tenants as share one."""
    return [use(f"tenant-{number}", template, time + number) for number in range(count)]


def past(time: int) -> list[Mark]:
    """Return what both judged partitions say when they are well past a time."""
    return [Mark(number, time + 2 * BATCH_MS, idle=False) for number in (0, 1)]


def test_what_tenants_share_is_passed_on_and_nothing_else() -> None:
    bench = Bench()
    bench.read([*crowd(7), *crowd(8, count=SHARED - 1), *past(START_MS)])
    assert bench.shared() == crowd(7)
    bench.read([use("tenant-0", 7, START_MS + HOUR_MS, 6), *past(START_MS + HOUR_MS)], 10)
    assert bench.shared()[-1].count == 6


def test_nothing_is_passed_on_before_all_judged_partitions_are_past_it() -> None:
    bench = Bench()
    bench.read([*crowd(7), past(START_MS)[0], Mark(1, BORDER, idle=False)])
    assert bench.shared() == []
    bench.read([past(START_MS)[1]], 5)
    assert bench.shared() == crowd(7)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_is_passed_on_and_when_does_not_depend_on_who_is_ahead(order: tuple[int, ...]) -> None:
    bench = Bench()
    hours = [use(f"tenant-{number}", 7, START_MS + number * HOUR_MS) for number in range(3)]
    bench.read([*(hours[number] for number in order), *past(START_MS + 2 * HOUR_MS)])
    told = START_MS + 2 * HOUR_MS
    assert bench.passed_on()[:3] == [Shared(told, one) for one in hours]


def test_a_checkpoint_writes_the_templates_that_changed_and_then_the_position() -> None:
    bench = Bench()
    frozen = bench.read([*crowd(7), use("alone", 8), *past(START_MS)])
    assert {write.key for write in written(frozen)} == {TEMPLATE_KEY + template_key(n) for n in (7, 8)}
    [own] = frozen.partitions
    assert (own.partition, own.key) == (1, POSITION_KEY)
    assert decode_state(own.value or b"").position == 6
    assert frozen.positions == {TOPIC: 6}
    assert position_of(bench, 1) == 6
    assert list(bench.stage.freeze().partitions) == []


def test_the_position_stays_at_the_first_fingerprint_that_waits() -> None:
    bench = Bench()
    bench.read([*crowd(8), *past(START_MS), use("waits", 7, START_MS + HOUR_MS), *past(START_MS + 5)])
    assert position_of(bench, 1) == 5
    assert bench.read([Mark(0, START_MS + BATCH_MS, idle=False)], 8).positions == {TOPIC: 5}


LATER = START_MS + HOUR_MS
SAID = [*crowd(7), use("alone", 8), past(START_MS)[1], *crowd(9), *past(START_MS)]
SAID += [use("tenant-0", 9, LATER, 6), use("new", 7, LATER), use("new", 8, LATER), *past(LATER)]


@pytest.mark.parametrize("crash", range(len(SAID)))
def test_a_worker_that_takes_over_passes_on_the_same(crash: int) -> None:
    whole, bench = Bench(), Bench()
    whole.read(SAID)
    bench.read(SAID[:crash])
    bench.restarted()
    position = position_of(bench, 1) or 0
    assert position <= crash
    first = max(0, position - 2)
    bench.read(SAID[first:], first)
    assert bench.passed_on()[-1] == whole.passed_on()[-1]
    assert set(bench.passed_on()) >= {one for one in whole.passed_on() if isinstance(one, Shared)}
    assert set(bench.shared()) == set(whole.shared())


def test_templates_that_are_newer_than_the_position_take_in_what_is_read_again() -> None:
    bench, said = Bench(), [*crowd(7), *crowd(8, count=2), *past(START_MS)]
    bench.read(said)
    bench.store.put({POSITION_KEY: None})
    bench.restarted()
    assert position_of(bench, 1) is None
    bench.read([*said, use("third", 8, LATER), *past(LATER)])
    assert {one.tenant for one in bench.shared() if one.template == 8} == {"tenant-0", "tenant-1", "third"}
    assert set(crowd(7)) <= set(bench.shared())


def test_it_is_as_far_as_the_last_of_the_judged_partitions() -> None:
    bench = Bench()
    bench.read([*crowd(7), Mark(0, BORDER + 5 * BATCH_MS, idle=False)])
    bench.read([Mark(1, BORDER, idle=False)], 4)
    assert bench.passed_on()[-1] == Mark(1, BORDER, idle=False, of_templates=True)
    bench.restarted()
    bench.read([*crowd(7), Mark(1, 0, idle=True), Mark(1, 0, idle=True)], position_of(bench, 1) or 0)
    assert bench.passed_on()[-1] == Mark(1, BORDER + 5 * BATCH_MS, idle=False, of_templates=True)


def test_a_mark_stands_behind_what_it_covers() -> None:
    bench = Bench()
    bench.read([*past(START_MS), *crowd(7)])
    assert [type(one) for one in bench.passed_on()] == [*[Shared] * SHARED, Mark]


def test_templates_beyond_the_bound_live_on_on_disk() -> None:
    bench = Bench(most=2)
    for number in range(300):
        time = START_MS + number * BATCH_MS
        said = [use("first", number, time), use("second", number, time), *past(time)]
        bench.read(said, 4 * number)
    later = START_MS + 301 * BATCH_MS
    bench.read([use("third", 5, later), *past(later)], 1200)
    assert {one.tenant for one in bench.shared()} == {"first", "second", "third"}
    assert bench.stage.crowd() <= 0


def test_many_templates_at_once_call_for_a_checkpoint() -> None:
    bench = Bench(most=2)
    said = [*(use("first", number) for number in range(300)), *past(START_MS)]

    async def run() -> None:
        await bench.stage.open(TOPIC)
        bench.stage.step(TOPIC, [record(one, offset) for offset, one in enumerate(said)])

    asyncio.run(run())
    assert bench.stage.crowd() > 1
    written(bench.stage.freeze())
    assert bench.stage.crowd() <= 0


def test_one_partition_that_stands_still_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.template_state.MOST_WAITING", 5)
    bench = Bench()
    bench.read(crowd(7))
    assert bench.shared() == []
    bench.read(crowd(8), 3)
    assert set(bench.shared()) == {*crowd(7), *crowd(8)}


def forgotten(frozen: Frozen) -> list[StateWrite]:
    return [write for write in written(frozen) if write.value is None]


def test_templates_that_nobody_uses_are_forgotten_bit_by_bit() -> None:
    bench = Bench()
    many = [use("first", number, START_MS + number) for number in range(SWEEP_AT_ONCE + 10)]
    bench.read([*many, *past(START_MS)])
    later = START_MS + MEMORY_MS + HOUR_MS
    assert len(forgotten(bench.read([use("other", 7000, later)], 1000))) == SWEEP_AT_ONCE
    assert len(forgotten(bench.read([use("other", 7001, later + 1)], 1001))) == 10
    assert forgotten(bench.read([use("other", 7002, later + 2)], 1002)) == []
    bench.read([use("second", 5, later + 3), use("third", 5, later + 4), *past(later)], 1003)
    assert bench.shared() == []


def test_who_is_seen_again_after_it_was_forgotten_is_written_again() -> None:
    bench = Bench()
    bench.read([use("first", 5), *past(START_MS)])
    later = START_MS + MEMORY_MS + HOUR_MS
    assert len(forgotten(bench.read([use("second", 5, later)], 3))) == 1
    frozen = bench.read(past(later), 4)
    assert [write.value is None for write in written(frozen) if write.key.endswith(b"\5")] == [False]


def test_a_clock_that_is_ahead_makes_nobody_forgotten() -> None:
    bench = Bench()
    bench.now = START_MS + DAY_MS
    bench.read([use("first", 5), *past(START_MS)])
    assert forgotten(bench.read([use("other", 6, START_MS + 2 * MEMORY_MS)], 3)) == []


def test_tenants_and_other_records_stay_whatever_their_age() -> None:
    bench = Bench()
    bench.store.put({b"tenant": StateRecord(1, 1, b""), OWN_KEY + b"partition": StateRecord(1, 1, b"")})
    assert forgotten(bench.read([use("first", 5)])) == []
    assert bench.store.get(b"tenant")


@pytest.mark.parametrize("bad", [b"what", use("acme").encode(), marks_record([Mark(0, 0, idle=False)])[1]])
def test_what_is_not_understood_becomes_a_dead_letter_and_stops_nothing(bad: bytes) -> None:
    bench = Bench()
    bench.read([*crowd(7, count=2), bad, *crowd(7)[2:], *past(START_MS)])
    letters = [one for one in bench.producer.took if one.topic == "dead-letters"]
    assert [one.value for one in letters] == [bad]
    assert len(bench.producer.took) == 1 + SHARED + 1
    sample = bench.metrics.registry.get_sample_value
    labels = {"stage": "templates", "format": "fingerprint", "reason": "bad_fingerprint_record"}
    assert sample("distillwatch_dead_letters_total", labels) == 1


def test_a_damaged_position_is_made_anew_from_the_topic() -> None:
    bench = Bench()
    bench.read(crowd(7))
    bench.store.put({POSITION_KEY: StateRecord(9, 9, b"\1\0")})
    assert position_of(bench, 1) is None
    bench.restarted()
    bench.read([*crowd(7), *past(START_MS)])
    assert set(bench.shared()) == set(crowd(7))


def test_a_topic_that_was_created_anew_is_refused() -> None:
    bench = Bench()
    bench.read([*crowd(7), *past(START_MS)])
    bench.end = 2
    bench.restarted()
    with pytest.raises(TopicError, match="created anew"):
        bench.read(crowd(7))


def test_a_partition_that_came_without_its_state_is_refused() -> None:
    bench = Bench()
    bench.ours = False
    with pytest.raises(TopicError, match=r"came without that of the state topic.*campaigns\.enabled"):
        bench.read(crowd(7))
