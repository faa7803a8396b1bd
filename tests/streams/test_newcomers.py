"""The third stage alone: records of the population topic in, findings and the baseline out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP

from models.config import DetectorConfig
from models.errors import TopicError
from models.population.newcomers import BATCH_MS, Newcomers
from models.population.profile import EarlyProfile
from streams.baseline import HEAD_KEY, save_baseline
from streams.checkpoint import Frozen
from streams.deliveries import Deliveries, Headers
from streams.metrics import Metrics
from streams.newcomers import NewcomerStage
from streams.population_records import Mark, mark_record, profile_record
from streams.state_record import StateRecord, decode_state
from tests.models.population.crowd import DAY_MS, HOUR_MS, START_MS, harvest, ordinary

TOPIC = TP("population", 0)
LATER = START_MS + DAY_MS + 6 * HOUR_MS
AFTER = LATER + HOUR_MS
Said = EarlyProfile | Mark


def record(said: Said, offset: int) -> ConsumerRecord:
    key, value = mark_record(said) if isinstance(said, Mark) else profile_record(said)
    return ConsumerRecord(*TOPIC, offset, 0, 0, key, value, None, 0, len(value), ())


def log() -> list[Said]:
    """Return what two partitions say: ordinary tenants, a thief, and a mark of each that covers them."""
    profiles: list[Said] = [*ordinary(110), harvest("thief", LATER)]
    return [*profiles, Mark(0, AFTER, idle=False), Mark(1, AFTER, idle=False)]


class Bench:
    """A stage with a state topic and an alert topic of its own, which outlive it."""

    def __init__(self, start: Path | None = None) -> None:
        self.kept: dict[bytes, StateRecord] = {}
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []
        self.metrics = Metrics()
        self.start = start
        self.end = 1000
        self.ours = True
        self.stage = self.restarted()

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        assert partition == 0
        return self.kept.get(key)

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        assert partition == 0
        self.kept.update({key: one for key, one in writes.items() if one is not None})

    async def _send(
        self, topic: str, key: bytes | None, value: bytes | None, _headers: Headers, _partition: int | None
    ) -> asyncio.Future[Any]:
        self.sent.append((topic, key, value))
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        arrived.set_result(None)
        return arrived

    async def _ends(self, partitions: Sequence[TP]) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, self.end)

    def restarted(self) -> NewcomerStage:
        """Return the stage as another worker would have it."""
        self.stage = NewcomerStage(
            TOPIC.topic,
            self,
            DetectorConfig(),
            Deliveries(self._send),
            start=self.start,
            has_state=lambda: self.ours,
            partitions=lambda: 2,
            end_offsets=self._ends,
            alerts="alerts",
            dead_letters="dead-letters",
            metrics=self.metrics,
        )
        return self.stage

    def read(self, said: Sequence[Said], first: int = 0) -> Frozen:
        """Let the stage read records from an offset on, and checkpoint."""

        async def run() -> Frozen:
            await self.stage.open(TOPIC)
            self.stage.step(TOPIC, [record(one, first + number) for number, one in enumerate(said)])
            await self.stage._deliveries.flush()
            return self.stage.freeze()

        return asyncio.run(run())

    def alerts(self) -> list[tuple[str, int, str]]:
        """Return tenant, activity and uid of the findings sent so far."""
        found = [json.loads(value or b"") for topic, _, value in self.sent if topic == "alerts"]
        return [
            (one["metadata"]["tenant_uid"], one["activity_id"], one["finding_info"]["uid"]) for one in found
        ]


def test_newcomers_are_judged_when_every_partition_is_past_them() -> None:
    bench, said = Bench(), log()
    bench.read(said[:-1])
    assert bench.alerts() == []
    bench.read(said[-1:], len(said) - 1)
    assert [(tenant, activity) for tenant, activity, _ in bench.alerts()] == [("thief", 1)]


def test_the_baseline_is_written_with_its_position_after_a_batch_was_judged_and_not_before() -> None:
    bench, said = Bench(), log()
    assert bench.read(said[:-1]).partitions == ()
    frozen = bench.read(said[-1:], len(said) - 1)
    assert frozen.positions == {TOPIC: len(said)}
    (head,) = frozen.partitions
    assert (head.partition, head.key) == (0, HEAD_KEY)
    assert decode_state(head.value or b"").position == len(said)
    assert [write.partition for write in frozen.snapshots] == [0]
    assert bench.stage.freeze().partitions == ()


@pytest.mark.parametrize("crash", [40, 111, 112, 113])
def test_a_worker_that_takes_over_says_the_same_and_nothing_else(crash: int) -> None:
    whole, bench, said = Bench(), Bench(), [*log(), harvest("second", AFTER + HOUR_MS)]
    said += [Mark(n, AFTER + 3 * HOUR_MS, idle=False) for n in (0, 1)]
    whole.read(said)
    bench.read(said[:crash])
    position = bench.restarted().position(0) or 0
    assert position <= crash
    bench.read(said[position:], position)
    assert set(bench.alerts()) == set(whole.alerts())
    assert bench.stage.report == whole.stage.report


def test_records_that_come_again_change_nothing() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    report = bench.stage.report
    bench.read(said, 5)
    bench.read(said, len(said) + 5)
    assert len(bench.alerts()) == 1
    assert bench.stage.report == report


def test_a_partition_to_which_nothing_comes_holds_up_nobody() -> None:
    bench, said = Bench(), log()
    bench.read([*said[:-1], Mark(1, 0, idle=True), Mark(1, 0, idle=True)])
    assert len(bench.alerts()) == 1


def test_a_damaged_baseline_is_made_anew_from_the_topic() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    head = bench.kept[HEAD_KEY]
    bench.kept = {key: StateRecord(one.position, one.time, one.body[:-1]) for key, one in bench.kept.items()}
    bench.kept[HEAD_KEY] = head
    assert bench.restarted().position(0) is None
    bench.read(said)
    assert len(set(bench.alerts())) == 1
    assert bench.metrics.registry.get_sample_value("distillwatch_refused_snapshots_total", {"why": "broken"})


def test_a_group_without_a_baseline_begins_with_the_one_that_is_named(tmp_path: Path) -> None:
    newcomers = Newcomers(DetectorConfig())
    for profile in ordinary(110):
        newcomers.add(profile)
    newcomers.close(LATER)
    save_baseline(tmp_path / "file", newcomers)
    bench = Bench(tmp_path / "file")
    bench.read(log()[-3:])
    assert [tenant for tenant, _, _ in bench.alerts()] == ["thief"]
    bench.restarted()
    (tmp_path / "file").unlink()
    bench.read([Mark(0, AFTER + BATCH_MS, idle=False)], 3)
    assert len(bench.alerts()) == 1


def test_what_is_not_understood_becomes_a_dead_letter() -> None:
    bench = Bench()
    bad = ConsumerRecord(*TOPIC, 0, 0, 0, b"who", b"what", None, 0, 4, ())

    async def run() -> None:
        await bench.stage.open(TOPIC)
        bench.stage.step(TOPIC, [bad])
        await bench.stage._deliveries.flush()

    asyncio.run(run())
    assert {topic for topic, _, _ in bench.sent} == {"dead-letters"}


def test_other_partitions_are_left_alone() -> None:
    bench = Bench()

    async def run() -> None:
        other = TP(TOPIC.topic, 1)
        await bench.stage.open(other)
        bench.stage.step(other, [record(one, 0) for one in log()])

    asyncio.run(run())
    assert bench.stage.freeze().positions == {}
    assert bench.stage.position(1) is None


def test_a_topic_that_was_created_anew_is_refused() -> None:
    bench = Bench()
    bench.read(log())
    bench.end = 3
    bench.restarted()
    with pytest.raises(TopicError, match="created anew"):
        bench.read(log())


def test_a_partition_that_came_without_its_state_is_refused() -> None:
    bench = Bench()
    bench.ours = False
    with pytest.raises(TopicError, match="came without that of the state topic"):
        bench.read(log())


def test_what_is_said_of_the_baseline_names_no_tenant_and_ends_with_it() -> None:
    bench = Bench()
    bench.read(log())
    report = bench.stage.report or {}
    assert report == {
        "version": report["version"],
        "ready": True,
        "peers": 110,
        "closed": (AFTER - 60_000) // BATCH_MS * BATCH_MS,
        "late": 0,
        "accused": 1,
    }
    sample = bench.metrics.registry.get_sample_value
    assert sample("distillwatch_population_peers") == 110
    assert sample("distillwatch_population_accused_tenants") == 1
    bench.stage.reset()
    assert bench.stage.report is None
    assert sample("distillwatch_population_peers") == 0
