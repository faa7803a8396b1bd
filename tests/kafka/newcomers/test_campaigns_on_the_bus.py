"""Campaigns on a real Kafka: the workers say what a backtest says, whatever happens to them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.kafka.newcomers.conftest import Findings, alerts, owner, publish
from tests.kafka.stand import OK, Stand
from tests.kafka.topic_reader import read_topic
from tests.streams.campaign_world import BEGIN_MS, accounts, world
from tests.streams.newcomer_world import HOUR_MS, START_MS

MakeStand = Callable[..., Stand]
Backtested = Callable[..., Findings]
Records = Sequence[dict[str, Any]]
QUIET: dict[str, Any] = {"quiet_days": 0.5}


def named(findings: Findings) -> set[str]:
    return {member["uid"] for found in findings.values() for member in found.get("resources", [])}


def agree(stand: Stand, expected: Findings) -> None:
    """Wait until the workers have said as much, end them, and see that they say the same."""
    assert len(named(expected)) >= 0.9 * len(accounts())
    assert {activity for _, activity, _ in expected} >= {1, 3}
    stand.wait_until(lambda: len(alerts(stand.settings)) >= len(expected), 60)
    stand.wait_until(stand.is_done)
    codes = [stand.end(worker) for worker in list(stand.workers)]
    assert codes == [OK] * len(codes), stand.last_words()
    found = alerts(stand.settings)
    assert found.keys() == expected.keys()
    for key, record in expected.items():
        assert found[key] == record


@pytest.mark.parametrize("source", [{}, {"keyed_by_tenant": True}], ids=["over sketches", "keyed"])
def test_two_workers_say_of_campaigns_what_a_backtest_says(
    make_stand: MakeStand, backtested: Backtested, source: dict[str, Any]
) -> None:
    stand, records = make_stand(source=source, campaigns=QUIET), world()
    stand.start_ready()
    stand.start_ready()
    publish(stand.settings, records)
    agree(stand, backtested(stand.settings, records))
    letters = read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.dead_letters)
    assert letters == []


def test_workers_that_are_killed_again_and_again_lose_no_fingerprint(
    make_stand: MakeStand, backtested: Backtested
) -> None:
    stand, records = make_stand(campaigns=QUIET), world()
    stand.start_ready()
    stand.start_ready()
    done = 0
    for number, hours in enumerate((0.5, 2, 4, 9)):
        border = START_MS + BEGIN_MS + int(hours * HOUR_MS)
        publish(stand.settings, [one for one in records if done <= one["time"] < border])
        done = border
        if number % 2:
            stand.wait_until(stand.is_done)
        stand.end(owner(stand) if number % 2 else stand.workers[0], signal.SIGKILL)
        stand.start_ready()
    publish(stand.settings, [one for one in records if one["time"] >= done])
    agree(stand, backtested(stand.settings, records))


@pytest.mark.parametrize("step", ["forwarded", "snapshots_written", "partitions_written"])
def test_a_worker_that_dies_at_a_step_of_delivery_loses_no_fingerprint(
    make_stand: MakeStand, backtested: Backtested, step: str
) -> None:
    stand, records = make_stand(campaigns=QUIET), world()
    publish(stand.settings, records)
    for times in (3, 8):
        stand.wait_for_death(stand.start(step, times))
    stand.start_ready()
    agree(stand, backtested(stand.settings, records))
