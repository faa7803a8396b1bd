"""The third stage: early profiles of all partitions become findings about tenants without a past.

One worker of the group has the first partition of the population topic, and with it the baseline. What it
says depends on the profiles alone: a batch of them is judged when every partition has said, after its last
profile, that it is past the batch.

What is kept, and when
----------------------
The baseline stands on the state topic with the position that it was made from, written after the alerts that
follow from it. It is written when a batch was closed, not at every checkpoint: the profiles of open batches
still stand on the population topic, and are read again from that position. A profile that comes twice, since
detect was killed, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import structlog
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from faust.types import TP

from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.errors import SnapshotError, TopicError
from models.finding import Finding
from models.population.newcomers import Newcomers
from models.population.profile import EarlyProfile
from models.population.progress import Progress
from streams.baseline import HEAD_KEY, Kept, cut, join, load_baseline
from streams.checkpoint import Frozen, StateWrite
from streams.dead_letters import dead_letter
from streams.deliveries import Deliveries
from streams.detect import EndOffsets
from streams.metrics import Metrics
from streams.ocsf import to_record
from streams.population_records import PARTITION, read_record
from streams.refusals import created_anew
from streams.stage import Stage
from streams.state_record import StateRecord, encode_state
from streams.steps import OnStep, Step, ignore

log = structlog.get_logger(__name__)

MOST_UNKEPT = 20_000
"""Records after which the baseline is written although no batch was closed."""


class Records(Protocol):
    """The state records that were restored and those that are being written."""

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        """Return one record."""

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Keep or forget records."""


@dataclass(slots=True)
class Baseline:
    """The baseline with how far the partitions are, and where on the population topic that was.

    Parameters
    ----------
    position, kept
        Offset of the record to be read next: now, and when the baseline was last written.
    kept_until
        Event time up to which batches were closed then.
    told
        The position that was committed last, for tools that show the lag.
    serial
        How often it was written.
    """

    newcomers: Newcomers
    progress: Progress
    position: int = 0
    kept: int = 0
    kept_until: int = 0
    told: int = 0
    serial: int = 0

    @property
    def due(self) -> bool:
        """Whether it should be written."""
        return self.newcomers.closed > self.kept_until or self.position - self.kept > MOST_UNKEPT

    def dump(self) -> bytes:
        """Return what is kept."""
        out = Writer()
        out.blob(self.newcomers.dump())
        self.progress.dump(out)
        return out.finish()

    def load(self, kept: Kept) -> None:
        """Go on from what was kept.

        Raises
        ------
        SnapshotError
            The bytes are no baseline.
        """
        source = Reader(kept.body)
        newcomers = source.blob()
        self.progress.load(source)
        source.end()
        self.newcomers.load(newcomers)
        self.position = self.kept = kept.position
        self.kept_until, self.serial = self.newcomers.closed, kept.serial


def newcomers_of(kept: Kept, config: DetectorConfig) -> Newcomers:
    """Return the baseline of what was kept on the state topic.

    Raises
    ------
    SnapshotError
        The bytes are no baseline.
    """
    baseline = Baseline(Newcomers(config), Progress(0))
    baseline.load(kept)
    return baseline.newcomers


class NewcomerStage(Stage):
    """Judges the first partition of the population topic.

    Parameters
    ----------
    topic
        The population topic.
    records
        Of the state topic, whose first partition comes to the worker that has ours.
    config
        Of the detector.
    start
        File with the baseline that a group without one begins with.
    has_state
        Whether the same partition of the state topic is ours.
    partitions
        How many partitions the judged topic has.
    end_offsets
        Asks the broker where partitions end.
    deliveries
        Of this stage alone.
    on_findings
        Called with the findings of a chunk, if there are any.
    """

    handed_over: ClassVar[Step] = "alerted"

    def __init__(
        self,
        topic: str,
        records: Records,
        config: DetectorConfig,
        deliveries: Deliveries,
        *,
        start: Path | None,
        has_state: Callable[[], bool],
        partitions: Callable[[], int],
        end_offsets: EndOffsets,
        alerts: str,
        dead_letters: str,
        metrics: Metrics,
        on_findings: Callable[[Sequence[Finding]], None] | None = None,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._tp = TP(topic, PARTITION)
        self._records = records
        self._config = config
        self._start = start
        self._has_state = has_state
        self._partitions = partitions
        self._end_offsets = end_offsets
        self._alerts = alerts
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._on_findings = on_findings
        self._baseline: Baseline | None = None
        self._report: Mapping[str, Any] | None = None

    async def open(self, tp: TP) -> None:
        """Restore the baseline.

        Raises
        ------
        TopicError
            It is of another topic of the same name, or where it is kept has not come to us.
        """
        if tp != self._tp or self._baseline is not None:
            return
        if not self._has_state():
            raise TopicError(
                f"partition {PARTITION} of {tp.topic} came without that of the state topic: workers of the "
                "group have different settings; make topics and population.enabled equal and start again"
            )
        epoch = self._epoch
        baseline = self._restore()
        ends = await self._end_offsets([tp])
        if baseline.position > ends.get(tp, 0):
            raise created_anew(*tp, baseline.position, ends.get(tp, 0))
        if epoch == self._epoch:
            self._baseline = baseline
            self._tell(baseline)

    @property
    def report(self) -> Mapping[str, Any] | None:
        """What can be said of the baseline, ready for JSON; nothing where another worker has it."""
        return self._report

    def position(self, partition: int) -> int | None:
        """Return where a partition of the population topic is to be read from; nothing for its beginning."""
        return None if partition != PARTITION else self._restore().position or None

    def step(self, tp: TP, records: Sequence[ConsumerRecord]) -> None:
        """Take in a chunk, and judge the batches that are over."""
        if tp != self._tp or self._baseline is None:
            return
        baseline = self._baseline
        fresh = [record for record in records if record.offset >= baseline.position]
        self._metrics.skipped("below_position", len(records) - len(fresh))
        if not fresh:
            return
        with self._metrics.batch("newcomers", len(fresh)):
            for record in fresh:
                self._take(baseline, record)
            findings = baseline.newcomers.close(baseline.progress.settled)
            for finding in findings:
                self._deliveries.post(self._alerts, *to_record(finding))
            baseline.position = fresh[-1].offset + 1
        self._metrics.found(findings)
        if findings and self._on_findings:
            self._on_findings(findings)

    def freeze(self) -> Frozen:
        """Return the baseline if a batch was closed since it was written, and how far we have read."""
        baseline = self._baseline
        if baseline is None:
            return Frozen(self._deliveries.cut(), {})
        self._tell(baseline)
        if not baseline.due:
            return Frozen(self._deliveries.cut(), self._positions(baseline))
        baseline.serial += 1
        kept = Kept(baseline.position, baseline.serial, baseline.dump())
        parts, head = cut(kept, baseline.progress.newest)
        self._records.put(PARTITION, {**parts, HEAD_KEY: head})
        baseline.kept, baseline.kept_until = baseline.position, baseline.newcomers.closed
        snapshots = [StateWrite(PARTITION, key, encode_state(part)) for key, part in parts.items()]
        partitions = [StateWrite(PARTITION, HEAD_KEY, encode_state(head))]
        return Frozen(self._deliveries.cut(), self._positions(baseline), snapshots, partitions)

    def reset(self) -> None:
        """Forget the baseline."""
        super().reset()
        self._baseline = self._report = None
        self._metrics.population(None)

    def _positions(self, baseline: Baseline) -> dict[TP, int]:
        """Return what is to be committed: for tools that show the lag, once there is a state to go by."""
        if not baseline.serial or baseline.position == baseline.told:
            return {}
        baseline.told = baseline.position
        return {self._tp: baseline.position}

    def _tell(self, baseline: Baseline) -> None:
        """Show what the baseline is, if it is another than before."""
        newcomers = baseline.newcomers
        self._metrics.population(newcomers)
        if self._report is not None and self._report["closed"] == newcomers.closed:
            return
        self._report = {
            "version": newcomers.version,
            "ready": newcomers.ready,
            "peers": newcomers.peers,
            "closed": newcomers.closed,
            "late": newcomers.late,
            "accused": newcomers.accused,
        }

    def _take(self, baseline: Baseline, record: ConsumerRecord) -> None:
        """Take in a record; one that is not understood becomes a dead letter."""
        if not record.value:
            return
        try:
            read = read_record(record.key or b"", record.value)
        except Exception as error:  # noqa: BLE001 - no record may stop the stream
            letter = dead_letter(record, error, "newcomers")
            self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            self._metrics.dead(letter)
            return
        if isinstance(read, EarlyProfile):
            baseline.newcomers.add(read)
        else:
            baseline.progress.reach(read.partition, read.time)
            if read.idle:
                baseline.progress.rest(read.partition)

    def _restore(self) -> Baseline:
        """Return what was kept; where that is damaged, all is made anew from the population topic."""
        fresh = Baseline(Newcomers(self._config), Progress(self._partitions()))
        try:
            kept = self._kept()
            if kept is not None:
                fresh.load(kept)
                return fresh
        except SnapshotError as error:
            self._metrics.snapshot_refused("broken")
            log.error("population baseline refused", reason=str(error))  # noqa: TRY400
        start = Newcomers(self._config) if self._start is None else load_baseline(self._start, self._config)
        return Baseline(start, Progress(self._partitions()))

    def _kept(self) -> Kept | None:
        return join(lambda key: self._records.get(PARTITION, key))
