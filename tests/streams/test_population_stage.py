"""The last stage alone: records of the population topic in, findings and the kept state out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from faust.types import TP

from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import Fingerprint
from models.codec import Writer
from models.config import DetectorConfig
from models.errors import TopicError
from models.finding import Activity, Finding
from models.population.newcomers import BATCH_MS, Newcomers
from streams.annotate import Annotate
from streams.baseline import HEAD_KEY, Kept, cut, save_baseline
from streams.checkpoint import Frozen
from streams.metrics import Metrics
from streams.population_records import Mark, Said, Shared, population_record
from streams.population_stage import PopulationStage
from streams.record import Record
from streams.state_record import StateRecord, decode_state
from tests.models.population.crowd import DAY_MS, HOUR_MS, START_MS, harvest, ordinary
from tests.streams.fake_producer import FakeProducer
from tests.streams.test_population_records import FINGERPRINT

TOPIC = TP("population", 0)
LATER = START_MS + DAY_MS + 6 * HOUR_MS
AFTER = LATER + HOUR_MS


def record(said: Said, offset: int) -> Record:
    key, value = population_record(said)
    return Record(*TOPIC, offset, key=key, value=value)


def log() -> list[Said]:
    """Return what is said of ordinary tenants and a thief, and the marks that cover them."""
    profiles: list[Said] = [*ordinary(110), harvest("thief", LATER)]
    return [*profiles, *marks(AFTER)]


def marks(time: int) -> list[Said]:
    """Return what two partitions say that have reached a time, those of the fingerprint topic first."""
    return [
        Mark(number, time, idle=False, of_templates=stage) for stage in (True, False) for number in (0, 1)
    ]


class Bench:
    """A stage with a state topic and an alert topic of its own, which outlive it."""

    def __init__(self, start: Path | None = None, *, campaigns: bool = True) -> None:
        self.campaigns = campaigns
        self.kept: dict[bytes, StateRecord] = {}
        self.producer = FakeProducer()
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

    async def _ends(self, partitions: Sequence[TP]) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, self.end)

    def restarted(self) -> PopulationStage:
        """Return the stage as another worker would have it."""
        self.stage = PopulationStage(
            TOPIC.topic,
            self,
            DetectorConfig(),
            self.producer.deliveries(),
            campaigns=CampaignConfig() if self.campaigns else None,
            start=self.start,
            has_state=lambda: self.ours,
            partitions=lambda: 2,
            end_offsets=self._ends,
            alerts="alerts",
            dead_letters="dead-letters",
            metrics=self.metrics,
            annotate=Annotate(self.metrics),
            ready=lambda: asyncio.sleep(0),
        )
        return self.stage

    def read(self, said: Sequence[Said], first: int = 0) -> Frozen:
        """Let the stage read records from an offset on, and checkpoint."""

        async def run() -> Frozen:
            await self.stage.open(TOPIC)
            self.stage.step(TOPIC, [record(one, first + number) for number, one in enumerate(said)])
            await self.stage._deliveries.flush()
            frozen = self.stage.freeze()
            await frozen.deliveries.settle(1)
            return frozen

        return asyncio.run(run())

    def alerts(self) -> list[tuple[str, int, str]]:
        """Return tenant, activity and uid of the findings sent so far."""
        found = [
            json.loads(value or b"") for topic, _, _, value, _ in self.producer.took if topic == "alerts"
        ]
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
    assert [write.partition for writes in frozen.snapshots for write in writes] == [0]
    assert bench.stage.freeze().partitions == ()


@pytest.mark.parametrize("crash", [40, 111, 113, 114, 115])
def test_a_worker_that_takes_over_says_the_same_and_nothing_else(crash: int) -> None:
    whole, bench, said = Bench(), Bench(), [*log(), harvest("second", AFTER + HOUR_MS)]
    said += marks(AFTER + 3 * HOUR_MS)
    whole.read(said)
    bench.read(said[:crash])
    position = bench.restarted().position(0) or 0
    assert position <= crash
    bench.read(said[position:], position)
    assert set(bench.alerts()) == set(whole.alerts())
    assert bench.stage.reports == whole.stage.reports


def test_records_that_come_again_change_nothing() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    report = bench.stage.reports
    bench.read(said, 5)
    bench.read(said, len(said) + 5)
    assert len(bench.alerts()) == 1
    assert bench.stage.reports == report


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
    bench.read(log()[-5:])
    assert [tenant for tenant, _, _ in bench.alerts()] == ["thief"]
    bench.restarted()
    (tmp_path / "file").unlink()
    bench.read([Mark(0, AFTER + BATCH_MS, idle=False)], 5)
    assert len(bench.alerts()) == 1


def test_what_is_not_understood_becomes_a_dead_letter() -> None:
    bench = Bench()
    bad = Record(*TOPIC, 0, key=b"who", value=b"what")

    async def run() -> None:
        await bench.stage.open(TOPIC)
        bench.stage.step(TOPIC, [bad])
        await bench.stage._deliveries.settle(1)

    asyncio.run(run())
    assert {sent.topic for sent in bench.producer.took} == {"dead-letters"}


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
    report = bench.stage.reports["population"]
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
    closed = (AFTER - 60_000) // BATCH_MS * BATCH_MS
    assert bench.stage.reports["campaigns"]["closed"] == closed
    assert sample("distillwatch_campaign_closed_timestamp_seconds") == closed / 1000
    bench.stage.reset()
    assert bench.stage.reports == {}
    assert sample("distillwatch_population_peers") == 0


def test_without_campaigns_nobody_waits_for_templates() -> None:
    bench = Bench(campaigns=False)
    bench.read([one for one in log() if not (isinstance(one, Mark) and one.of_templates)])
    assert [tenant for tenant, _, _ in bench.alerts()] == ["thief"]
    assert bench.stage.reports.keys() == {"population"}


def test_with_campaigns_everybody_waits_for_templates() -> None:
    bench, said = Bench(), log()
    bench.read([*said[:-4], *said[-3:]])
    assert bench.alerts() == []
    bench.read(said[-4:-3], len(said) - 1)
    assert [tenant for tenant, _, _ in bench.alerts()] == ["thief"]


class Named(Campaigns):
    """Finds an episode of a newcomer worth naming a campaign in, and excuses one tenant."""

    def __init__(self, config: CampaignConfig) -> None:
        super().__init__(config)
        self.heard: list[Fingerprint | Finding] = []

    def add(self, fingerprint: Fingerprint) -> None:
        self.heard.append(fingerprint)

    def note(self, finding: Finding) -> None:
        self.heard.append(finding)

    def close(self, until: int) -> list[CampaignFinding | Finding]:
        self.closed = until
        noted = [one for one in self.heard if isinstance(one, Finding) and one.time <= until]
        self.heard = [one for one in self.heard if one not in noted]
        return [replace(one, campaign="c", time=until, activity=Activity.UPDATE) for one in noted]

    def named_before(self, tenant: str, time: int) -> bool:  # noqa: ARG002
        return tenant == "spared"


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_campaigns_hear_of_newcomers_excuse_them_and_restate_them(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.population_state.Campaigns", Named)
    bench, said = Bench(), [harvest("spared", LATER + 5), *log(), *marks(AFTER + 26 * HOUR_MS)]
    for first in range(0, len(said), chunk):
        bench.read(said[first : first + chunk], first)
    assert [(tenant, activity) for tenant, activity, _ in bench.alerts()] == [
        ("thief", Activity.CREATE),
        ("thief", Activity.UPDATE),
        ("thief", Activity.CLOSE),
        ("thief", Activity.UPDATE),
    ]


class Heard(Campaigns):
    """Notes which batch was closed last when something came."""

    def __init__(self, config: CampaignConfig) -> None:
        super().__init__(config)
        self.came: list[tuple[str, int]] = []

    def add(self, fingerprint: Fingerprint) -> None:
        self.came.append((fingerprint.tenant, self.closed))


def uses(told: int, *tenants: str) -> list[Said]:
    return [Shared(told, replace(FINGERPRINT, tenant=tenant)) for tenant in tenants]


@pytest.mark.parametrize("chunk", [1, 2, 1000])
@pytest.mark.parametrize("restarts", [False, True])
def test_campaigns_hear_of_a_template_when_it_was_shared_however_much_is_judged_at_once(
    chunk: int, monkeypatch: pytest.MonkeyPatch, *, restarts: bool
) -> None:
    monkeypatch.setattr("streams.population_state.Campaigns", Heard)
    bench, border = Bench(), AFTER - AFTER % BATCH_MS
    said = [*marks(border - HOUR_MS), *uses(border + 5, "a", "b"), *uses(border + 3 * BATCH_MS, "c")]
    said += [*uses(border + 9 * BATCH_MS, "a"), *marks(border + HOUR_MS)]
    came = []
    for first in range(0, len(said), chunk):
        bench.read(said[first : first + chunk], first)
        came += bench.stage._state.fleet.campaigns.came
        bench.stage._state.fleet.campaigns.came.clear()
        if restarts:
            position = bench.restarted().position(0) or 0
            bench.read(said[position : first + chunk], position)
            bench.stage._state.fleet.campaigns.came.clear()
    assert came == [("a", border), ("b", border), ("c", border + 3 * BATCH_MS)]


def test_what_was_kept_before_there_were_campaigns_is_gone_on_from() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    before = bench.stage.reports["population"]
    out = Writer()
    out.blob(bench.stage._state.fleet.newcomers.dump())
    bench.stage._state.judged.dump(out)
    parts, head = cut(Kept(len(said), 3, out.finish(), form=1), LATER)
    bench.kept = {**parts, HEAD_KEY: head}
    assert bench.restarted().position(0) == len(said)
    bench.read(marks(AFTER + HOUR_MS), len(said))
    assert len(bench.alerts()) == 1
    assert bench.stage.reports["population"]["accused"] == before["accused"]
    assert bench.stage.reports["campaigns"]["closed"] > before["closed"]


def test_a_large_state_is_not_written_for_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, said = Bench(), log()
    bench.read(said)
    monkeypatch.setattr("streams.population_state.BYTES_A_RECORD", bench.stage._state.kept_bytes // 20)
    written = [
        len(bench.read(marks(AFTER + number * BATCH_MS), len(said) + 4 * number).partitions)
        for number in range(1, 21)
    ]
    assert sum(written) in (3, 4)
