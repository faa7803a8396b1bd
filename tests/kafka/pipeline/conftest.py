"""Workers in processes of their own over a real Kafka, and what they should have said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas with functions that are deprecated in Python 3.11 and 3.12 only.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition


from models.fleet import Fleet
from models.sketcher import Sketcher
from streams.embedders import load_embedder
from streams.formats import decoder
from streams.ocsf import to_record
from streams.population_records import MARK_KEY
from streams.reading import RequestReader
from streams.record import Record
from streams.topics import apply_topics

if TYPE_CHECKING:
    from streams.settings import Settings
    from tests.kafka.conftest import MakeSettings

START_MS = 1_772_582_400_000
MINUTE_MS = 60_000
TENANTS = 6
ROOT = Path(__file__).resolve().parents[3]
RUN = (
    "import sys; from streams.settings import Settings; from streams.worker import run_worker;"
    "sys.exit(run_worker(Settings.model_validate_json(sys.argv[1])))"
)
# Sessions are as short as the broker allows, so that a killed worker is missed soon.
QUICK = {"request_timeout": 6.0, "startup_timeout": 10.0}
# Few requests are enough for episodes to open, grow and close.
EAGER = {
    "block_requests": 2,
    "entropy_block_requests": 5,
    "warmup_requests": 50,
    "least_threshold": 10.0,
    "quiet_hours": 0.5,
    "cooldown_hours": 0.0,
    "update_minutes": 1.0,
}

Statement = tuple[str, int, str, int, int]
"""What a finding says: uid, activity, tenant, time, and how many requests it counted."""


def request(number: int) -> dict[str, Any]:
    """One request of the six tenants in turn, each of which another system flags now and then."""
    turn = number // TENANTS
    flags = {"flags": ["canary"]} if turn % 100 >= 70 else {}
    prompt = f"question {turn * 7919 % 101} about topic {number % TENANTS}"
    base = {"id": f"r{number:06d}", "time": START_MS + number * MINUTE_MS, "tenant": f"t{number % TENANTS}"}
    return {**base, "prompt": prompt, **flags}


def statement(value: bytes) -> Statement:
    """Read a record of the alert topic."""
    record = json.loads(value)
    who = record["metadata"]["tenant_uid"]
    return record["finding_info"]["uid"], record["activity_id"], who, record["time"], record["count"]


@dataclass
class Bus:
    """One test's topics and workers."""

    settings: Settings
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: dict[int, Path] = field(default_factory=dict)
    """Of every worker that was started, by its process id."""

    def publish(self, values: Iterable[bytes | None], key: Callable[[int], bytes | None]) -> None:
        """Put values onto the source topic."""
        producer = KafkaProducer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers, max_request_size=20_000_000
        )
        for number, value in enumerate(values):
            producer.send(self.settings.source.topic, value=value, key=key(number))
        producer.flush()
        producer.close()

    def publish_requests(self, numbers: range) -> None:
        """Put requests onto the source topic, keyed by tenant."""
        values = [json.dumps(request(number)).encode() for number in numbers]
        self.publish(values, lambda index: f"t{numbers[index] % TENANTS}".encode())

    def read(self, topic: str, until: Callable[[list[Any]], bool], seconds: float = 45.0) -> list[Any]:
        """Read a topic from its beginning until what was read is enough."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers, enable_auto_commit=False
        )
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        records: list[Any] = []
        deadline = time.monotonic() + seconds
        while not until(records):
            assert time.monotonic() < deadline, f"{len(records)} records of {topic}\n{self.said()[-4000:]}"
            for batch in consumer.poll(timeout_ms=200).values():
                records += [record for record in batch if not (record.key or b"").startswith(MARK_KEY)]
        consumer.close()
        return records

    def everything(self, topic: str) -> list[Any]:
        """Read a topic to its present end."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers, enable_auto_commit=False
        )
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        records: list[Any] = []
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for batch in consumer.poll(timeout_ms=200).values():
                records += [record for record in batch if not (record.key or b"").startswith(MARK_KEY)]
        consumer.close()
        return records

    def statements(self, least: set[Statement]) -> list[Statement]:
        """Wait for at least these findings and return all there are."""
        topic = self.settings.topics.alerts

        def enough(records: list[Any]) -> bool:
            return least <= {statement(record.value) for record in records}

        return [statement(record.value) for record in self.read(topic, enough)]

    def start(self, script: str = RUN, **variables: str) -> subprocess.Popen[bytes]:
        """Start one more worker, perhaps by another script and with variables of the environment."""
        command = [sys.executable, "-X", "faulthandler", "-c", script, self.settings.model_dump_json()]
        path = self.folder / f"worker-{len(self.logs)}.log"
        with path.open("wb") as log:
            worker = subprocess.Popen(command, stderr=log, cwd=ROOT, env=os.environ | variables)
        self.workers.append(worker)
        self.logs[worker.pid] = path
        return worker

    def stop(self, worker: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        """Signal a worker and return its exit code; one that is asked to stop must have been able to hear."""
        if number == signal.SIGTERM:
            self._wait_until_started(worker)
        worker.send_signal(number)
        code = worker.wait(60)
        self.workers.remove(worker)
        return code

    def _wait_until_started(self, worker: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 45
        while worker.poll() is None and "worker starts" not in self.logs[worker.pid].read_text():
            assert time.monotonic() < deadline, self.said()[-4000:]
            time.sleep(0.05)

    def has_committed(self, topic: str) -> bool:
        """Tell whether the workers have committed every partition of a topic."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers,
            group_id=self.settings.kafka.group,
            enable_auto_commit=False,
        )
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        offsets = [consumer.committed(partition) for partition in partitions]
        consumer.close()
        return None not in offsets

    def said(self) -> str:
        """Return what all workers logged."""
        return "".join(path.read_text() for path in self.logs.values())


@pytest.fixture
def make_bus(make_settings: MakeSettings, tmp_path: Path) -> Iterator[Callable[..., Bus]]:
    """Return a function that makes topics and settings; its workers are gone after the test."""
    made: list[Bus] = []

    def make(**sections: dict[str, Any]) -> Bus:
        chosen = {
            "kafka": QUICK,
            "detector": EAGER,
            "state": {"checkpoint_seconds": 0.5, "checkpoint_events": 100},
        }
        every = {name: chosen.get(name, {}) | sections.get(name, {}) for name in {**chosen, **sections}}
        made.append(Bus(make_settings(**every), tmp_path))
        apply_topics(made[-1].settings, with_source=True)
        return made[-1]

    yield make
    for bus in made:
        for worker in list(bus.workers):
            bus.stop(worker, signal.SIGKILL)


@pytest.fixture
def bus(make_bus: Callable[..., Bus]) -> Bus:
    """Topics and settings without anything special."""
    return make_bus()


@pytest.fixture(scope="session")
def offline() -> Callable[[range], set[Statement]]:
    """Return a function that says what the detector finds in requests without any bus."""

    def judge(numbers: range) -> set[Statement]:
        reading = RequestReader(decoder("native"), Sketcher(load_embedder("hashed"))).read(
            [_record(number) for number in numbers]
        )
        fleet = Fleet(_config(), lambda _tenant: None)
        findings = fleet.apply_many(reading.requests, reading.offsets)
        return {statement(to_record(finding)[1]) for finding in findings}

    return judge


def _config() -> Any:
    from streams.settings import Settings  # noqa: PLC0415 -- pydantic is slow to load

    return Settings.model_validate({"detector": EAGER}).detector


def _record(number: int) -> Record:
    value = json.dumps(request(number)).encode()
    return Record("source", 0, number, value=value)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that returns as soon as a condition holds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 45
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.05)

    return wait
