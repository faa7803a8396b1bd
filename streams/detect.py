"""The second stage: sketches become findings, with every tenant's models in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from faust.types import TP

from models.control.control import Control
from models.control.records import Change, Judged, Sample
from models.finding import Finding
from models.tenant import TenantModel
from streams.annotate import Annotate, sample_record
from streams.checkpoint import Frozen
from streams.dead_letters import dead_letter
from streams.deliveries import Deliveries
from streams.frozen import frozen_stage
from streams.metrics import Metrics
from streams.partition_state import PartitionState
from streams.population_post import PopulationPost
from streams.reading import Reader
from streams.record import Record, from_offset
from streams.refusals import created_anew
from streams.score_record import score_record
from streams.stage import Stage
from streams.steps import OnStep, Step, ignore

ANSWERED_AT_ONCE = 64
"""Tenants whose verdicts are looked at in one go when a partition is opened: others get their turn."""

EndOffsets = Callable[[Sequence[TP]], Awaitable[Mapping[TP, int]]]


class Detect(Stage):
    """Judges batches of one topic.

    Parameters
    ----------
    topic
        The sketch topic, or the source topic if that is keyed by tenant.
    reader
        Of its records.
    new_state
        Restores the state of a partition by its number.
    end_offsets
        Asks the broker where partitions end.
    sources
        The source topics, whose ends show whether they were created anew under our marks.
    deliveries
        Of this stage alone.
    scores
        Topic for the tenants' scores, if they are told.
    annotate
        Makes records of findings.
    is_ours
        Whether the partition of a tenant's name is ours.
    ready
        Waits until all is known that operators have changed.
    population
        Posts what the whole fleet is judged by, by the same deliveries, if it is judged.
    known_time
        The event time in ms that a partition had reached which is not open yet.
    on_findings
        Called with the findings of a chunk, if there are any.
    """

    handed_over: ClassVar[Step] = "alerted"

    def __init__(
        self,
        topic: str,
        reader: Reader,
        new_state: Callable[[int], PartitionState],
        end_offsets: EndOffsets,
        deliveries: Deliveries,
        *,
        sources: Collection[str],
        alerts: str,
        dead_letters: str,
        metrics: Metrics,
        annotate: Annotate,
        is_ours: Callable[[str], bool],
        ready: Callable[[], Awaitable[None]],
        scores: str = "",
        population: PopulationPost | None = None,
        known_time: Callable[[int], int] = lambda _partition: 0,
        on_findings: Callable[[Sequence[Finding]], None] | None = None,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._topic = topic
        self._reader = reader
        self._new_state = new_state
        self._end_offsets = end_offsets
        self._sources = frozenset(sources)
        self._alerts = alerts
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._scores = scores
        self._annotate = annotate
        self._is_ours = is_ours
        self._ready = ready
        self._population = population
        self._known_time = known_time
        self._on_findings = on_findings
        self._states: dict[int, PartitionState] = {}
        self._control = Control()

    async def open(self, tp: TP) -> None:
        """Restore the state of a partition.

        Raises
        ------
        TopicError
            The state is of another topic of the same name.
        """
        if tp.partition in self._states:
            return
        epoch = self._epoch
        await self._ready()
        state = self._new_state(tp.partition)
        await self._refuse_foreign(state)
        if epoch == self._epoch:
            self._states[tp.partition] = state
            await self._look_again(state, epoch)

    async def prepare(self, records: Sequence[Record]) -> None:
        """Get what is needed to read a chunk."""
        await self._reader.prepare(records)

    def step(self, tp: TP, records: Sequence[Record]) -> None:
        """Judge a chunk, but for what lies below the partition's position."""
        state = self._states[tp.partition]
        fresh = from_offset(records, state.record.position)
        self._metrics.skipped("below_position", len(records) - len(fresh))
        if not fresh:
            return
        with self._metrics.batch("detect", len(fresh)):
            batch, known = self._reader.read(fresh), state.now()
            judgement = state.apply(batch, fresh[-1].offset + 1)
            for record in fresh if judgement.failures else ():
                if record.offset in judgement.failures:
                    error = judgement.failures[record.offset]
                    batch.dead_letters.append(dead_letter(record, error, "detect", self._reader.form))
            self._say(judgement.findings)
            for score in judgement.scores:
                self._deliveries.post(self._scores, *score_record(score))
            for letter in batch.dead_letters:
                self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            if self._population:
                self._population.judged(tp.partition, judgement, state.now(), batch.marks, known)
        self._metrics.read("detect", batch)
        self._metrics.event_time(state.record.time)
        self._on_step("judged")

    def _say(self, findings: Sequence[Finding]) -> None:
        for record in self._annotate.records(findings):
            self._deliveries.post(self._alerts, *record)
        self._metrics.found(findings)
        if findings and self._on_findings:
            self._on_findings(findings)

    async def steer(self, control: Control, fresh: Sequence[Change]) -> None:
        """Go by the changes; close what new verdicts are about, and say the samples that are asked for."""
        self._control = control
        answered = [] if self._halted else _tenants_of(fresh)  # whoever opens a partition next looks again
        for state in self._states.values():
            self._answer(state, answered)
        for change in () if self._halted else fresh:
            if isinstance(what := change.what, Sample) and self._owns(what.tenant):
                self._deliveries.post(self._alerts, *sample_record(change.id, change.time, what))
        await self._deliveries.flush()

    def _answer(self, state: PartitionState, tenants: Sequence[str]) -> None:
        """Have the tenants of a partition judged by the changes, and say what that closes."""
        findings = state.steer(tenants)
        self._say(findings)
        if self._population:
            self._population.said(findings)

    async def _look_again(self, state: PartitionState, epoch: int) -> None:
        """Close what verdicts are about that may have come while nobody had the partition.

        That is all of them: how far events are ahead of the clocks of those who give verdicts is not known.
        """
        answered = list(dict.fromkeys(_tenants_of(self._control.verdicts.values())))
        for start in range(0, max(1, len(answered)), ANSWERED_AT_ONCE):
            if epoch != self._epoch or self._halted:
                return
            self._answer(state, answered[start : start + ANSWERED_AT_ONCE])
            await asyncio.sleep(0)

    def _owns(self, tenant: str) -> bool:
        """Tell whether a tenant is ours: by what we know of it, or by the partition of its name."""
        return self._is_ours(tenant) or any(state.has(tenant) for state in self._states.values())

    async def rest(self, waiting: Mapping[TP, bool]) -> None:
        """Let those of our partitions that have nothing to judge say so, and tell how far all are.

        Parameters
        ----------
        waiting
            Whether anything waits to be judged, for each of our partitions.
        """
        if self._population is None or self._halted:
            return
        for tp, waits in waiting.items():
            if tp.topic == self._topic:
                state = self._states.get(tp.partition)
                time = self._known_time(tp.partition) if state is None else state.now()
                self._population.rest(tp.partition, time, waits=waits)
        self._population.tell()
        await self._deliveries.flush()

    async def _refuse_foreign(self, state: PartitionState) -> None:
        """Refuse a state that is ahead of the topics it was made from: they were created anew.

        Raises
        ------
        TopicError
            Going on would skip every new record as one that was seen before.
        """
        expected = {TP(self._topic, state.partition): state.record.position}
        for (topic, partition), (offset, _) in state.record.marks.items():
            if topic in self._sources:
                expected[TP(topic, partition)] = max(offset + 1, expected.get(TP(topic, partition), 0))
        if not state.record.position:
            return
        ends = await self._end_offsets(list(expected))
        for tp, position in expected.items():
            if position > ends.get(tp, 0):
                raise created_anew(*tp, position, ends.get(tp, 0))

    def freeze(self) -> Frozen:
        """Return what was judged since the last call."""
        if self._population:
            self._population.tell()  # what a mark covers is not read again, and nobody else would say it
        parts = {number: part for number, state in self._states.items() if (part := state.freeze())}
        self._count()
        return frozen_stage(self._topic, self._deliveries.cut(), parts)

    def crowd(self) -> float:
        """Tell how full the room is for tenants beyond those that may stay in memory."""
        return max((state.fleet.crowd for state in self._states.values()), default=0.0)

    def tenants(self) -> Iterator[tuple[str, TenantModel]]:
        """Iterate over the live tenants and their models."""
        for state in self._states.values():
            yield from state.fleet.tenants.items()

    def nearest(self, most: int, known: Collection[str]) -> tuple[list[TenantModel], int]:
        """Return the live tenants that are nearest to an alert, and how many are live.

        Parameters
        ----------
        known
            See `models.standing.strongest`.
        """
        fleets = [state.fleet for state in self._states.values()]
        found = [pair for fleet in fleets for pair in fleet.strongest(most, known)]
        found.sort(key=lambda pair: (-pair[0], pair[1].name))
        return [tenant for _, tenant in found[:most]], sum(len(fleet.tenants) for fleet in fleets)

    def _count(self) -> None:
        """Note how the live tenants stand, and the time that they spent without an alert."""
        fleets = [state.fleet for state in self._states.values()]
        self._metrics.tenants(sum((fleet.states for fleet in fleets), Counter()))
        self._metrics.open_alerts(sum((fleet.open_episodes for fleet in fleets), Counter()))
        self._metrics.clean(sum(state.clean_seconds() for state in self._states.values()))

    def reset(self) -> None:
        """Forget all state."""
        super().reset()
        self._states.clear()
        if self._population:
            self._population.reset()


def _tenants_of(changes: Iterable[Change]) -> list[str]:
    """Return the tenants that verdicts are about; those on campaigns name none."""
    return [what.tenant for change in changes if isinstance(what := change.what, Judged) and what.tenant]
