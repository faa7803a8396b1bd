"""A small population on a real Kafka, and what a backtest says of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from confluent_kafka import Producer

from streams.backtest_run import BacktestOptions, run_backtest
from streams.event_files import EventFile
from streams.settings import Settings
from streams.topics import apply_topics
from tests.kafka.stand import Stand, Worker, stand
from tests.kafka.topic_reader import read_topic

if TYPE_CHECKING:
    from tests.kafka.conftest import MakeSettings

Records = Sequence[dict[str, Any]]
Findings = dict[tuple[str, int, int], dict[str, Any]]
IDLE_SECONDS = 1.0
QUICK: dict[str, dict[str, Any]] = {
    "kafka": {"request_timeout": 6.0, "startup_timeout": 10.0},
    "topics": {"partitions": 3},
    "population": {"idle_seconds": IDLE_SECONDS},
    "state": {"checkpoint_seconds": 0.3, "checkpoint_events": 200},
}


def publish(settings: Settings, records: Records) -> None:
    """Put requests onto the source topic, keyed by tenant, in their order."""
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap_servers, "enable.idempotence": True})
    for record in records:
        producer.produce(settings.source.topic, orjson.dumps(record), record["tenant"])
        producer.poll(0)
    assert not producer.flush(30)


def by_key(values: Sequence[bytes]) -> Findings:
    """Read findings by uid, activity and time, without what only a run on the bus or a backtest has."""
    found: Findings = {}
    for value in values:
        record = json.loads(value)
        record["metadata"].pop("labels", None)
        for request in record["evidences"][0]["data"]["requests"]:
            for place in ("topic", "partition", "offset"):
                request.pop(place)
        key = record["finding_info"]["uid"], record["activity_id"], record["time"]
        assert found.setdefault(key, record) == record, "the same finding says something else"
    return found


def alerts(settings: Settings) -> Findings:
    """Return what the workers have said."""
    return by_key(
        [message.value() for message in read_topic(settings.kafka.bootstrap_servers, settings.topics.alerts)]
    )


def owner(stand: Stand) -> Worker:
    """Return the worker that has the first partition of the population topic, as it said last."""
    name = f'"{stand.settings.topics.population}-0"'

    def has_it(worker: Worker) -> bool:
        given = [line for line in worker.said().splitlines() if '"partitions assigned"' in line]
        return bool(given) and name in given[-1]

    stand.wait_until(lambda: sum(map(has_it, stand.workers)) == 1)
    return next(filter(has_it, stand.workers))


@pytest.fixture
def backtested(tmp_path: Path) -> Callable[..., Findings]:
    """Return a function that says what a backtest of requests says, perhaps from a baseline on."""

    def run(settings: Settings, records: Records, baseline: Path | None = None) -> Findings:
        events, out = tmp_path / "events.jsonl", tmp_path / f"alerts-{uuid.uuid4().hex}"
        events.write_bytes(b"\n".join(map(orjson.dumps, records)))
        population = settings.population.model_copy(update={"baseline": baseline})
        chosen = settings.model_copy(update={"population": population})
        run_backtest(chosen, EventFile(str(events), 10**6).lines(), BacktestOptions(str(out), 0))
        return by_key(out.read_bytes().splitlines())

    return run


@pytest.fixture
def make_stand(make_settings: MakeSettings, tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    """Return a function that makes topics; the workers over them are gone after the test."""
    with ExitStack() as stack:

        def make(**sections: dict[str, Any]) -> Stand:
            every = {name: QUICK.get(name, {}) | sections.get(name, {}) for name in {**QUICK, **sections}}
            settings = make_settings(**every)
            apply_topics(settings, with_source=True)
            return stack.enter_context(stand(settings, tmp_path))

        yield make
