"""`distillwatch notify` in a process of its own over a real Kafka, and services on loopback that it tells."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from confluent_kafka import Message, Producer

from streams.topics import apply_topics
from tests.kafka.topic_reader import read_topic, unread
from tests.streams.notify.stand_in import StandIn, serving

if TYPE_CHECKING:
    from streams.settings import Settings
    from tests.kafka.conftest import MakeSettings

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0


@dataclass
class Desk:
    """One test's topics, and the process that tells of what stands there."""

    settings: Settings
    file: Path
    log: Path
    options: dict[str, Any]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start the process; `options` are settings of its section."""
        self.file.write_text(toml({"notify": {"port": 0, **self.options, **options}}, self.settings))
        command = [sys.executable, "-m", "streams", "--config", str(self.file), "notify"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stderr=log, cwd=ROOT)
        self.processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        """Signal a process and return its exit code."""
        process.send_signal(number)
        return process.wait(PATIENCE_SECONDS)

    def publish(self, *values: bytes, key: bytes | None = None) -> None:
        """Put findings onto the alert topic, keyed as the worker does."""
        producer = Producer({"bootstrap.servers": self.settings.kafka.bootstrap_servers})
        for value in values:
            producer.produce(self.settings.topics.alerts, value, key or key_of(value))
            producer.flush()

    def said(self) -> str:
        """What the processes logged."""
        return self.log.read_text() if self.log.exists() else ""

    def letters(self) -> list[Message]:
        """What stands on the dead-letter topic."""
        return read_topic(self.settings.kafka.bootstrap_servers, self.settings.topics.dead_letters)

    def is_done(self) -> bool:
        """Tell whether all that stands on the alert topic is committed."""
        kafka = self.settings.kafka
        return not unread(kafka.bootstrap_servers, f"{kafka.group}-notify", self.settings.topics.alerts)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"the condition did not come true:\n{self.said()[-5000:]}"
            time.sleep(0.05)

    def wait_for_partitions(self, times: int = 1) -> None:
        """Wait until the process was given its partitions."""
        self.wait_until(lambda: self.said().count('"partitions assigned"') >= times)


def toml(sections: dict[str, dict[str, Any]], settings: Settings) -> str:
    """A settings file with the broker and the topics of the test, and these sections."""
    ours = {
        "kafka": {"bootstrap_servers": settings.kafka.bootstrap_servers, "group": settings.kafka.group}
        | {"startup_timeout": 10.0, "request_timeout": 6.0},
        "topics": {"alerts": settings.topics.alerts, "dead_letters": settings.topics.dead_letters},
    }
    return "\n".join(
        f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
        for name, values in {**ours, **sections}.items()
    )


def key_of(value: bytes) -> bytes:
    """The key that a finding has on the alert topic."""
    try:
        metadata = orjson.loads(value)["metadata"]
        return str(metadata.get("tenant_uid") or metadata["correlation_uid"]).encode()
    except (ValueError, KeyError):
        return b"nobody"


@pytest.fixture
def service() -> Iterator[StandIn]:
    """A webhook on loopback."""
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def desk(make_settings: MakeSettings, tmp_path: Path, service: StandIn) -> Iterator[Desk]:
    """Topics, and a process that tells the webhook; it is gone after the test."""
    settings = make_settings()
    apply_topics(settings, with_source=True)
    options = {"urls": f"json://127.0.0.1:{service.port}/hook", "start": "earliest", "retry_seconds": 0.05}
    made = Desk(settings, tmp_path / "notify.toml", tmp_path / "notify.log", options)
    yield made
    for process in made.processes:
        if process.poll() is None:
            made.end(process, signal.SIGKILL)


def titles(service: StandIn) -> list[str]:
    """The titles that a webhook got, in order."""
    return [request.json["title"] for request in service.requests]


def uids(requests: Iterable[Any]) -> list[str]:
    """The episodes that a webhook was told of, in order."""
    return [request.json["message"].rpartition("Episode: ")[2] for request in requests]
