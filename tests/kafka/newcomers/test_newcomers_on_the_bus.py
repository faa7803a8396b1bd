"""Tenants without a past, on a real Kafka: the workers say what a backtest says, whatever happens to them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from streams.baseline import save_baseline
from streams.state_population import read_population
from tests.kafka.newcomers.conftest import Findings, alerts, owner, publish
from tests.kafka.stand import OK, Stand
from tests.streams.newcomer_world import HOUR_MS, START_MS, world

MakeStand = Callable[..., Stand]
Backtested = Callable[..., Findings]
Records = Sequence[dict[str, Any]]


def accused(findings: Findings) -> set[str]:
    return {found["metadata"]["tenant_uid"] for found in findings.values() if found["unmapped"]["population"]}


def agree(stand: Stand, expected: Findings) -> None:
    """Wait until the workers have said as much, end them, and see that they say the same."""
    assert {"thief-1-1", "thief-2-1"} <= accused(expected)
    stand.wait_until(lambda: len(alerts(stand.settings)) >= len(expected), 45)
    stand.wait_until(stand.is_done)
    codes = [stand.end(worker) for worker in list(stand.workers)]
    assert codes == [OK] * len(codes), stand.last_words()
    found = alerts(stand.settings)
    assert found.keys() == expected.keys()
    for key, record in expected.items():
        assert found[key] == record


def parts(records: Records, hours: float) -> tuple[Records, Records]:
    """Cut requests at a time."""
    border = START_MS + int(hours * HOUR_MS)
    before = [record for record in records if record["time"] < border]
    return before, records[len(before) :]


@pytest.mark.parametrize("source", [{}, {"keyed_by_tenant": True}], ids=["over sketches", "keyed"])
def test_two_workers_say_what_a_backtest_says(
    make_stand: MakeStand, backtested: Backtested, source: dict[str, Any]
) -> None:
    stand, records = make_stand(source=source), world()
    stand.start_ready()
    stand.start_ready()
    publish(stand.settings, records)
    agree(stand, backtested(stand.settings, records))


def test_the_worker_with_the_baseline_is_killed_again_and_again(
    make_stand: MakeStand, backtested: Backtested
) -> None:
    stand, records = make_stand(), world()
    stand.start_ready()
    stand.start_ready()
    done = 0.0
    for hours in (20, 31.9, 36):
        publish(stand.settings, [one for one in parts(records, hours)[0] if one in parts(records, done)[1]])
        done = hours
        stand.wait_until(stand.is_done)
        stand.end(owner(stand), signal.SIGKILL)
        stand.start_ready()
    publish(stand.settings, parts(records, done)[1])
    agree(stand, backtested(stand.settings, records))


def test_partitions_that_never_hear_of_a_tenant_hold_up_nobody(
    make_stand: MakeStand, backtested: Backtested
) -> None:
    stand, records = make_stand(topics={"partitions": 64}), world()
    stand.start_ready()
    publish(stand.settings, records)
    agree(stand, backtested(stand.settings, records))


def test_workers_that_stop_and_start_go_on_and_their_baseline_can_be_taken_along(
    make_stand: MakeStand, backtested: Backtested, tmp_path: Path
) -> None:
    stand, records = make_stand(), world()
    before, after = parts(records, 36)
    for part in (before, after):
        stand.start_ready()
        publish(stand.settings, part)
        expected = backtested(stand.settings, before if part is before else records)
        agree(stand, expected)

    first = read_population(stand.settings)
    assert first.ready
    assert first.accused == 2
    save_baseline(tmp_path / "baseline", first)
    other = make_stand(
        population={"baseline": str(tmp_path / "baseline"), "idle_seconds": 1.0},
        topics={
            name: f"{value}-b" for name, value in stand.settings.topics.model_dump().items() if name in OURS
        },
        kafka={"group": f"{stand.settings.kafka.group}-b"},
        source={"topic": f"{stand.settings.source.topic}-b"},
    )
    new = [{**record, "tenant": f"new-{record['tenant']}"} for record in parts(records, 30)[1]]
    new = [{**record, "time": record["time"] + 40 * HOUR_MS} for record in new if "thief" in record["tenant"]]
    expected = backtested(other.settings, new, tmp_path / "baseline")
    assert accused(expected) == {"new-thief-1-1", "new-thief-2-1"}
    other.start_ready()
    publish(other.settings, new)
    other.wait_until(lambda: len(alerts(other.settings)) >= len(expected), 45)
    assert [other.end(worker) for worker in list(other.workers)] == [OK]
    assert alerts(other.settings) == expected


OURS = ("sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "control")
