"""The stage between detect and population: of all templates, those that tenants share are passed on.

The fingerprint topic is keyed by template, so that whoever has a partition of it sees all that is said of its
templates, whichever worker judged the tenants. Most templates belong to one tenant and end here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from faust.types import TP

from models.errors import TopicError
from streams.checkpoint import Frozen
from streams.dead_letters import dead_letter
from streams.deliveries import Deliveries
from streams.detect import EndOffsets
from streams.frozen import frozen_stage
from streams.mark_post import MarkPost
from streams.metrics import Metrics
from streams.population_records import PARTITION, Mark, Shared, population_record, read_fingerprint_record
from streams.record import Record, from_offset
from streams.refusals import created_anew
from streams.stage import Stage
from streams.steps import OnStep, Step, ignore
from streams.template_state import TemplateState


class TemplateStage(Stage):
    """Reads the fingerprint topic.

    Parameters
    ----------
    topic
        The fingerprint topic.
    new_state
        Restores the state of a partition by its number.
    has_state
        Whether a partition of the state topic is ours, by its number.
    end_offsets
        Asks the broker where partitions end.
    deliveries
        Of this stage alone.
    population, dead_letters
        Topics to write to.
    """

    handed_over: ClassVar[Step] = "forwarded"

    def __init__(
        self,
        topic: str,
        new_state: Callable[[int], TemplateState],
        deliveries: Deliveries,
        *,
        has_state: Callable[[int], bool],
        end_offsets: EndOffsets,
        population: str,
        dead_letters: str,
        metrics: Metrics,
        on_step: OnStep = ignore,
    ) -> None:
        super().__init__(deliveries, on_step)
        self._topic = topic
        self._new_state = new_state
        self._has_state = has_state
        self._end_offsets = end_offsets
        self._population = population
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._marks = MarkPost(self._post, 0.0, of_templates=True)  # which nobody asks whether it rests
        self._states: dict[int, TemplateState] = {}

    async def open(self, tp: TP) -> None:
        """Restore the templates of a partition.

        Raises
        ------
        TopicError
            They are of another topic of the same name, or where they are kept has not come to us.
        """
        if tp.partition in self._states:
            return
        if not self._has_state(tp.partition):
            raise TopicError(
                f"partition {tp.partition} of {tp.topic} came without that of the state topic: workers of "
                "the group have different settings; make topics and campaigns.enabled equal and start again"
            )
        epoch = self._epoch
        state = self._new_state(tp.partition)
        ends = await self._end_offsets([tp])
        if state.position > ends.get(tp, 0):
            raise created_anew(*tp, state.position, ends.get(tp, 0))
        if epoch == self._epoch:
            self._states[tp.partition] = state

    def step(self, tp: TP, records: Sequence[Record]) -> None:
        """Take in a chunk, and pass on what is shared and how far the partition is."""
        state = self._states[tp.partition]
        fresh = from_offset(records, state.following)
        self._metrics.skipped("below_position", len(records) - len(fresh))
        if not fresh:
            return
        with self._metrics.batch("templates", len(fresh)):
            for record in fresh:
                self._take(state, record)
            for shared in state.read_to(fresh[-1].offset + 1):
                self._post(shared)
            self._marks.reach(tp.partition, state.progress.all)

    def freeze(self) -> Frozen:
        """Return what was read since the last call."""
        parts = {number: part for number, state in self._states.items() if (part := state.freeze())}
        return frozen_stage(self._topic, self._deliveries.cut(), parts)

    def crowd(self) -> float:
        """Tell how full the room is for templates beyond those that may stay in memory."""
        return max((state.crowd for state in self._states.values()), default=0.0)

    def reset(self) -> None:
        """Forget all templates."""
        super().reset()
        self._states.clear()
        self._marks.reset()

    def _take(self, state: TemplateState, record: Record) -> None:
        """Take in a record; one that is not understood becomes a dead letter."""
        if not record.value:
            return
        try:
            state.take(read_fingerprint_record(record.key or b"", record.value), record.offset)
        except Exception as error:  # noqa: BLE001 - no record may stop the stream
            letter = dead_letter(record, error, "templates", "fingerprint")
            self._deliveries.post(self._dead_letters, letter.key, letter.value, letter.headers())
            self._metrics.dead(letter)

    def _post(self, said: Shared | Mark) -> None:
        key, value = population_record(said)
        self._deliveries.post(self._population, key, value, partition=PARTITION)
