"""What the second stage does when it gets a partition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from faust.types import TP

from models.finding import Finding
from streams.annotate import Annotate
from streams.detect import ANSWERED_AT_ONCE, Detect
from streams.metrics import Metrics
from tests.models.control.changes import HOUR, TIME, control, verdict
from tests.streams.fake_producer import FakeProducer

SKETCHES = TP("sketches", 3)


@dataclass
class State:
    """A partition whose newest event is far ahead of the clock."""

    partition: int = SKETCHES.partition
    record: Any = field(default_factory=lambda: SimpleNamespace(position=0, marks={}, time=TIME + 24 * HOUR))
    answered: list[str] = field(default_factory=list)
    on_answer: Callable[[], object] = list

    def steer(self, answered: Iterable[str]) -> list[Finding]:
        """Note whom verdicts are about."""
        self.answered += answered
        self.on_answer()
        return []


async def ends(partitions: Sequence[TP]) -> Mapping[TP, int]:
    """Topics without a record."""
    return dict.fromkeys(partitions, 0)


def stage_of(state: State) -> Detect:
    """A stage that restores this state."""
    metrics = Metrics()
    return Detect(
        SKETCHES.topic,
        cast("Any", None),
        lambda _: cast("Any", state),
        ends,
        FakeProducer().deliveries(),
        sources=[],
        alerts="alerts",
        dead_letters="dead-letters",
        metrics=metrics,
        annotate=Annotate(metrics),
        is_ours=lambda _: True,
        ready=lambda: asyncio.sleep(0),
    )


def test_who_gets_a_partition_looks_at_every_verdict_however_far_its_events_are_ahead() -> None:
    state, count = State(), 2 * ANSWERED_AT_ONCE + 1
    given = [verdict(f"u{number}", name=f"v{number}", tenant=f"t{number}") for number in range(count)]
    again = verdict("another", name="again", tenant="t0")
    stage = stage_of(state)

    async def run() -> None:
        await stage.steer(control(*given, again), [])
        await stage.open(SKETCHES)

    asyncio.run(run())
    assert state.answered == [f"t{number}" for number in range(count)]


def test_who_loses_a_partition_while_it_looks_at_verdicts_looks_no_further() -> None:
    state, count = State(), 2 * ANSWERED_AT_ONCE
    given = [verdict(f"u{number}", name=f"v{number}", tenant=f"t{number}") for number in range(count)]
    stage = stage_of(state)

    async def run() -> None:
        await stage.steer(control(*given), [])
        state.on_answer = stage.halt
        await stage.open(SKETCHES)

    asyncio.run(run())
    assert len(state.answered) == ANSWERED_AT_ONCE
