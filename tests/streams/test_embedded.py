"""The embedded broker, and the tools that speak to any broker: replay and alerts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.cli import main
from streams.embedded import PARTITIONS, EmbeddedBroker


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as embedded:
        embedded.create("llm-requests", "distillwatch-alerts")
        yield embedded


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def at(broker: EmbeddedBroker) -> list[str]:
    return ["--set", f"kafka.bootstrap_servers={broker.bootstrap_servers}"]


def contents(broker: EmbeddedBroker, topic: str, count: int) -> list[tuple[bytes | None, bytes, int]]:
    """Key, value and partition of the first `count` records."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "test"})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    records = []
    for _ in range(count):
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        records.append((message.key(), message.value(), message.partition()))
    assert consumer.poll(0.1) is None
    consumer.close()
    return records


def findings(broker: EmbeddedBroker, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    for value in values:
        producer.produce("distillwatch-alerts", value, key=value)
    producer.flush()


def test_replay_keys_by_tenant_and_keeps_its_order(broker: EmbeddedBroker, tmp_path: Path) -> None:
    events = [{"id": f"r{n}", "time": 1_772_000_000 + n, "tenant": f"t{n % 5}"} for n in range(300)]
    (tmp_path / "events").write_bytes(b"\n".join(map(orjson.dumps, events)))
    assert main([*at(broker), "replay", "events"]) == 0
    by_tenant = defaultdict(list)
    for key, value, partition in contents(broker, "llm-requests", 300):
        by_tenant[key, partition].append(json.loads(value))
    assert sorted(key for key, _ in by_tenant) == [b"t0", b"t1", b"t2", b"t3", b"t4"]
    for (key, _), records in by_tenant.items():
        assert key is not None
        assert records == [event for event in events if event["tenant"] == key.decode()]


def test_replay_publishes_bad_lines_as_they_are_and_says_so(
    broker: EmbeddedBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events").write_bytes(b'{bad\n\n{"id": "r", "time": 1772000000, "tenant": "t"}\n')
    assert main([*at(broker), "replay", "events"]) == 0
    published = [(key, value) for key, value, _ in contents(broker, "llm-requests", 2)]
    assert sorted(published, key=str) == [
        (None, b"{bad"),
        (b"t", b'{"id": "r", "time": 1772000000, "tenant": "t"}'),
    ]
    captured = capsys.readouterr()
    assert captured.out.startswith("published 2 events to llm-requests in ")
    assert "1 lines could not be understood" in captured.err


def test_replay_to_a_topic_that_is_missing_ends_with_2(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*at(broker), "--set", "source.topic=none", "replay", "-"]) == 2
    expected = "the topic none does not exist; create it with `distillwatch topics apply`"
    assert capsys.readouterr().err == f"distillwatch: {expected}\n"


def test_alerts_prints_all_that_there_are(broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]) -> None:
    findings(broker, b'{"n": 1}', b'{"n": 2}', b'{"n": 3}')
    assert main([*at(broker), "alerts"]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == ['{"n": 1}', '{"n": 2}', '{"n": 3}']


def test_alerts_of_an_empty_topic_prints_nothing(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*at(broker), "alerts"]) == 0
    assert not capsys.readouterr().out


def test_alerts_until_idle_starts_with_what_is_new(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    findings(broker, b'{"n": 1}')
    assert main([*at(broker), "alerts", "--until-idle", "0.3"]) == 0
    assert not capsys.readouterr().out


def test_alerts_from_the_beginning_prints_the_old_ones_too(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    findings(broker, b'{"n": 1}')
    assert main([*at(broker), "alerts", "--from-beginning", "--until-idle", "0.3"]) == 0
    assert capsys.readouterr().out == '{"n": 1}\n'
