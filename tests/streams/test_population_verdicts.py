"""Verdicts on what the last stage found."""

from __future__ import annotations

import asyncio
import json

from models.population.newcomers import BATCH_MS
from streams.population_records import Mark
from tests.models.control.changes import control, verdict
from tests.models.population.crowd import HOUR_MS
from tests.streams.test_population_stage import AFTER, Bench, log


def answer(bench: Bench, uid: str) -> None:
    """Let the stage hear of a verdict on a newcomer's finding."""
    given = verdict(uid, "benign", time=AFTER + HOUR_MS, tenant="thief", signal="newcomer")

    async def run() -> None:
        await bench.stage.steer(control(given), [given])
        await bench.stage.freeze().deliveries.settle(1)

    asyncio.run(run())


def test_a_verdict_closes_what_is_open_once() -> None:
    bench = Bench()
    bench.read(log())
    ((_, _, uid),) = bench.alerts()
    answer(bench, "another")
    answer(bench, uid)
    answer(bench, uid)
    assert bench.alerts() == [("thief", 1, uid), ("thief", 3, uid)]


def test_a_verdict_that_is_known_before_the_state_was_restored_closes_what_is_open_in_it() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    ((_, _, uid),) = bench.alerts()
    bench.restarted()
    answer(bench, uid)
    bench.read([Mark(0, AFTER + BATCH_MS, idle=False)], len(said))
    assert bench.alerts()[1:] == [("thief", 3, uid)]


def test_what_is_said_anew_after_its_verdict_is_closed_at_once_with_the_same_words() -> None:
    bench, said = Bench(), log()
    bench.read(said)
    ((_, _, uid),) = bench.alerts()
    answer(bench, uid)
    bench.kept.clear()
    bench.restarted()
    answer(bench, uid)
    bench.read(said)
    assert bench.alerts()[2:] == bench.alerts()[:2]
    closes = [value for topic, _, _, value, _ in bench.producer.took if topic == "alerts"][1::2]
    assert len({json.loads(value or b"")["time"] for value in closes}) == 1
