"""The last stage: what is said of tenants becomes findings about newcomers and campaigns.

One worker of the group has the first partition of the population topic, and with it all that is judged for
the whole fleet. What it says depends on the records of that partition alone: a batch of event time is judged
when every partition has said, after all that came of it, that it is past the batch.

What is kept, and when
----------------------
The state stands on the state topic with the position that it was made from, written after the alerts that
follow from it. It is written when a batch was closed and the records read since then pay for its size, not at
every checkpoint: what was read since still stands on the population topic, and is read again from that
position. A record that comes twice, since detect or templates was killed, changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import structlog
from faust.types import TP

from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.config import DetectorConfig
from models.control.control import Control
from models.control.records import Change, Judged
from models.errors import SnapshotError, TopicError
from models.finding import Finding
from models.population.newcomers import Newcomers
from streams.annotate import Annotate
from streams.baseline import HEAD_KEY, cut, join, load_baseline
from streams.checkpoint import Frozen, StateWrite
from streams.dead_letters import dead_letter
from streams.deliveries import Deliveries
from streams.detect import EndOffsets
from streams.metrics import Metrics
from streams.population_records import PARTITION, read_record
from streams.population_report import campaign_report, newcomer_report
from streams.population_state import PopulationState, fleetwide, new_state
from streams.record import Record, from_offset
from streams.refusals import created_anew
from streams.stage import Stage
from streams.state_record import StateRecord, encode_state
from streams.steps import OnStep, Step, ignore

log = structlog.get_logger(__name__)


class Records(Protocol):
    """The state records that were restored and those that are being written."""

    def get(self, partition: int, key: bytes) -> StateRecord | None:
        """Return one record."""

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Keep or forget records."""


class PopulationStage(Stage):
    """Judges the first partition of the population topic.

    Parameters
    ----------
    topic
        The population topic.
    records
        Of the state topic, whose first partition comes to the worker that has ours.
    config
        Of the detector.
    campaigns
        Of the search for campaigns, if there is one.
    start
        File with the baseline that a group without one begins with.
    has_state
        Whether the same partition of the state topic is ours.
    partitions
        How many partitions the judged topic has, and the fingerprint topic with it.
    end_offsets
        Asks the broker where partitions end.
    deliveries
        Of this stage alone.
    annotate
        Makes records of findings.
    ready
        Waits until all is known that operators have changed.
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
        campaigns: CampaignConfig | None,
        start: Path | None,
        has_state: Callable[[], bool],
        partitions: Callable[[], int],
        end_offsets: EndOffsets,
        alerts: str,
        dead_letters: str,
        metrics: Metrics,
        annotate: Annotate,
        ready: Callable[[], Awaitable[None]],
        on_findings: Callable[[Sequence[CampaignFinding | Finding]], None] | None = None,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._tp = TP(topic, PARTITION)
        self._records = records
        self._config = config
        self._campaigns = campaigns
        self._start = start
        self._has_state = has_state
        self._partitions = partitions
        self._end_offsets = end_offsets
        self._alerts = alerts
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._annotate = annotate
        self._ready = ready
        self._on_findings = on_findings
        self._answered: Mapping[str, int] = {}
        self._state: PopulationState | None = None
        self._reports: Mapping[str, Mapping[str, Any]] = {}

    async def open(self, tp: TP) -> None:
        """Restore the state.

        Raises
        ------
        TopicError
            It is of another topic of the same name, or where it is kept has not come to us.
        """
        if tp != self._tp or self._state is not None:
            return
        if not self._has_state():
            raise TopicError(
                f"partition {PARTITION} of {tp.topic} came without that of the state topic: workers of the "
                "group have different settings; make topics and population.enabled equal and start again"
            )
        epoch = self._epoch
        await self._ready()
        state = self._restore()
        ends = await self._end_offsets([tp])
        if state.position > ends.get(tp, 0):
            raise created_anew(*tp, state.position, ends.get(tp, 0))
        if epoch == self._epoch:
            self._state = state
            self._say(state.fleet.answer(self._answered))
            self._tell(state)

    @property
    def reports(self) -> Mapping[str, Mapping[str, Any]]:
        """What can be said of the models, ready for JSON; nothing where another worker has them."""
        return self._reports

    def position(self, partition: int) -> int | None:
        """Return where a partition of the population topic is to be read from; nothing for its beginning."""
        return None if partition != PARTITION else self._restore().position or None

    def step(self, tp: TP, records: Sequence[Record]) -> None:
        """Take in a chunk, and judge the batches that are over."""
        if tp != self._tp or self._state is None:
            return
        state = self._state
        fresh = from_offset(records, state.position)
        self._metrics.skipped("below_position", len(records) - len(fresh))
        if not fresh:
            return
        with self._metrics.batch("population", len(fresh)):
            for record in fresh:
                self._take(state, record)
            findings = state.fleet.close(state.settled)
            if findings and self._answered:  # what was answered before a crash may be said anew
                findings += state.fleet.answer(self._answered)
            self._say(findings)
            state.position = fresh[-1].offset + 1

    async def steer(self, control: Control, fresh: Sequence[Change]) -> None:
        """Go by the changes, and close what a new verdict is about."""
        self._answered = {uid: verdict.time for uid, verdict in control.verdicts.items()}
        new = {what.finding for change in fresh if isinstance(what := change.what, Judged)}
        if self._state is not None and not self._halted and new:
            answered = {uid: time for uid, time in self._answered.items() if uid in new}
            self._say(self._state.fleet.answer(answered))
            await self._deliveries.flush()

    def _say(self, findings: Sequence[CampaignFinding | Finding]) -> None:
        for record in self._annotate.records(findings):
            self._deliveries.post(self._alerts, *record)
        self._metrics.found(findings)
        if findings and self._on_findings:
            self._on_findings(findings)

    def freeze(self) -> Frozen:
        """Return the state if it is due to be written, and how far we have read."""
        state = self._state
        if state is None:
            return Frozen(self._deliveries.cut(), {})
        self._tell(state)
        if not state.due:
            return Frozen(self._deliveries.cut(), self._positions(state))
        parts, head = cut(state.keep(), state.judged.newest)
        self._records.put(PARTITION, {**parts, HEAD_KEY: head})
        snapshots = [StateWrite(PARTITION, key, encode_state(part)) for key, part in parts.items()]
        partitions = [StateWrite(PARTITION, HEAD_KEY, encode_state(head))]
        return Frozen(self._deliveries.cut(), self._positions(state), [snapshots], partitions)

    def reset(self) -> None:
        """Forget the state."""
        super().reset()
        self._state, self._reports = None, {}
        self._metrics.population(None)
        self._metrics.campaigns(None)

    def _positions(self, state: PopulationState) -> dict[TP, int]:
        """Return what is to be committed: for tools that show the lag, once there is a state to go by."""
        if not state.serial or state.position == state.told:
            return {}
        state.told = state.position
        return {self._tp: state.position}

    def _tell(self, state: PopulationState) -> None:
        """Show what is known, if it is something else than before."""
        newcomers, campaigns = state.fleet.newcomers, state.fleet.campaigns
        self._metrics.population(newcomers)
        self._metrics.campaigns(campaigns)
        if self._reports and self._reports["population"]["closed"] == newcomers.closed:
            return
        self._reports = {"population": newcomer_report(newcomers)}
        if campaigns is not None:
            self._reports = {**self._reports, "campaigns": campaign_report(campaigns)}

    def _take(self, state: PopulationState, record: Record) -> None:
        """Take in a record; one that is not understood becomes a dead letter."""
        if not record.value:
            return
        try:
            state.take(read_record(record.key or b"", record.value))
        except Exception as error:  # noqa: BLE001 - no record may stop the stream
            letter = dead_letter(record, error, "population", "population")
            self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            self._metrics.dead(letter)

    def _restore(self) -> PopulationState:
        """Return what was kept; where that is damaged, all is made anew from the population topic."""
        fresh = self._new_state()
        try:
            kept = join(lambda key: self._records.get(PARTITION, key))
            if kept is not None:
                fresh.load(kept)
                return fresh
        except SnapshotError as error:
            self._metrics.snapshot_refused("broken")
            log.error("state of the population refused", reason=str(error))  # noqa: TRY400
        return self._new_state(None if self._start is None else load_baseline(self._start, self._config))

    def _new_state(self, newcomers: Newcomers | None = None) -> PopulationState:
        return new_state(fleetwide(self._config, self._campaigns, newcomers), self._partitions())
