"""A part of a topic on a real Kafka as the input of a backtest, and what is told of the topics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from confluent_kafka import Producer

from models.errors import SettingsError, TopicError
from streams import backtest_run, topic_range
from streams.cli import main
from streams.simulation_profiles import Record
from streams.testing import run_pipeline, synthetic_traffic
from streams.topic_range import Part, TopicRange, find_parts, parse_time
from streams.topics import apply_topics
from tests.kafka.upkeep import configure

if TYPE_CHECKING:
    from streams.event_files import Line
    from streams.settings import Settings
    from tests.kafka.conftest import MakeSettings

Publish = Callable[[str, list[tuple[int, int, bytes]]], None]
LIMIT = 10_000


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    made = make_settings(topics={"partitions": 2}, embedding={"kind": "hashed"})
    apply_topics(made, with_source=True)
    for topic in (made.source.topic, made.topics.dead_letters):  # of long ago, retention would delete it all
        configure(made.kafka.bootstrap_servers, topic, retention_ms="-1")
    return made


def publish(settings: Settings, topic: str, records: list[tuple[int, int, bytes]]) -> None:
    """Write records with their partition and timestamp."""
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap_servers, "linger.ms": 50})
    for partition, timestamp, value in records:
        producer.produce(topic, value, partition=partition, timestamp=timestamp)
        producer.poll(0)
    assert producer.flush(30) == 0


def read(settings: Settings, topic: str, since: int, until: int) -> list[Line]:
    parts = find_parts(settings.kafka, topic, since, until)
    return list(TopicRange(settings.kafka, topic, parts, LIMIT).lines())


def test_partitions_are_merged_by_their_timestamps_and_each_keeps_its_order(settings: Settings) -> None:
    topic = settings.topics.dead_letters
    records = [(0, 1_000, b"a"), (1, 1_500, b"b"), (0, 3_000, b"d"), (0, 2_000, b"e"), (1, 2_500, b"c")]
    publish(settings, settings.source.topic, records)
    lines = read(settings, settings.source.topic, 0, 2**50)
    assert b"".join(line.value for line in lines) == b"abcde"
    assert [(line.partition, line.number, line.timestamp) for line in lines][:2] == [
        (0, 0, 1_000),
        (1, 0, 1_500),
    ]
    assert read(settings, topic, 0, 2**50) == []


def test_a_range_begins_and_ends_where_it_says(settings: Settings) -> None:
    publish(settings, settings.source.topic, [(0, time * 1_000, str(time).encode()) for time in range(1, 10)])
    values = [line.value for line in read(settings, settings.source.topic, 3_000, 6_000)]
    assert values == [b"3", b"4", b"5"]


def test_a_partition_that_is_far_ahead_waits_in_bounded_memory(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_range, "MOST_WAITING", 50)
    early = [(0, 1_000 + n, b"0") for n in range(5_000)]
    late = [(1, 100_000 + n, b"1") for n in range(5_000)]
    publish(settings, settings.source.topic, [*late, *early])
    parts = find_parts(settings.kafka, settings.source.topic, 0, 2**50)
    found = TopicRange(settings.kafka, settings.source.topic, parts, LIMIT)
    most, values = 0, []
    for line in found.lines():
        values.append(line.value)
        most = max(most, *(len(waiting) for waiting in found._waiting.values()))
    assert values == [b"0"] * 5_000 + [b"1"] * 5_000
    assert most <= 50 + 500


def test_a_topic_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(TopicError, match="the topic nowhere does not exist"):
        find_parts(settings.kafka, "nowhere", 0, 1)


def test_a_record_that_is_too_long_is_cut_off_and_marked(settings: Settings) -> None:
    publish(settings, settings.source.topic, [(0, 1_000, b"x" * 200)])
    (line,) = TopicRange(settings.kafka, settings.source.topic, [Part(0, 0, 1)], 100).lines()
    assert (line.whole, len(line.value)) == (False, 100)


@pytest.fixture
def events() -> list[Record]:
    return synthetic_traffic(36).events


@pytest.fixture
def arguments(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    flags = {
        "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
        "source.topic": settings.source.topic,
        "topics.alerts": settings.topics.alerts,
        "embedding.kind": "hashed",
    }
    return [word for name, value in flags.items() for word in ("--set", f"{name}={value}")]


def test_a_backtest_of_a_topic_finds_what_is_found_in_the_events(
    settings: Settings, arguments: list[str], events: list[Record]
) -> None:
    times = [int(str(event["time"])) for event in events]
    records = [(0, time, orjson.dumps(event)) for time, event in zip(times, events, strict=True)]
    publish(settings, settings.source.topic, records)
    run = ("backtest", "--from-topic", "--since", str(times[0]), "--until", str(times[-1] + 1))
    assert main([*arguments, *run, "--processes", "0", "--alerts", "alerts"]) == 0
    found = [orjson.loads(line) for line in Path("alerts").read_bytes().splitlines()]
    expected = run_pipeline(events, settings.model_copy(update={"scores": settings.scores})).findings
    assert [one["finding_info"]["uid"] for one in found] == [one["finding_info"]["uid"] for one in expected]
    assert [one["time"] for one in found] == [one["time"] for one in expected]
    (evidence,) = found[0]["evidences"]
    assert {request["topic"] for request in evidence["data"]["requests"]} == {settings.source.topic}


class EndedError(Exception):
    """Stands for whatever ends the process."""


def test_a_backtest_of_a_topic_that_was_ended_goes_on_in_the_same_range(
    settings: Settings, arguments: list[str], events: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = int(time.time() * 1000) - 600_000  # records of long ago would be deleted by the topic's retention
    half = len(events) // 2
    publish(
        settings,
        settings.source.topic,
        [(n % 2, first + n, orjson.dumps(e)) for n, e in enumerate(events)],
    )
    run = ["backtest", "--from-topic", "--since", str(first), "--processes", "0", "--alerts", "alerts"]
    assert main([*arguments, *run]) == 0
    expected = Path("alerts").read_bytes()
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    whole = TopicRange.lines

    def cut_off(found: TopicRange) -> Iterator[Line]:
        yield from islice(whole(found), half)
        raise EndedError

    with monkeypatch.context() as patch:
        patch.setattr(TopicRange, "lines", cut_off)
        with pytest.raises(EndedError):
            main([*arguments, *run, "--report", "report"])
    publish(settings, settings.source.topic, [(0, first + 10**5, b"too late for this run")])
    assert main([*arguments, *run, "--report", "report", "--resume"]) == 0
    assert Path("alerts").read_bytes() == expected
    assert Path("report/dead-letters.jsonl").read_bytes() == b""


def test_what_stands_on_the_alert_topic_is_explained(
    settings: Settings,
    arguments: list[str],
    events: list[Record],
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = run_pipeline(events, settings)
    values = [(0, 1_000, record.value) for record in outcome.records]
    publish(settings, settings.topics.alerts, [(0, 1_000, b"not ours"), *values])
    uid = outcome.findings[0]["finding_info"]["uid"]
    assert main([*arguments, "explain", uid]) == 0
    assert capsys.readouterr().out.startswith(f"Episode {uid} of tenant ridgeline-outdoor\n")
    assert main([*arguments, "explain", "nobody"]) == 1
    assert f"nothing is known of 'nobody' in the topic {settings.topics.alerts}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05", 1_772_668_800_000),
        ("2026-03-05T01:00:00+01:00", 1_772_668_800_000),
        ("1772668800000", 1_772_668_800_000),
        ("36h", 1_000_000_000_000 - 36 * 3_600_000),
        ("7d", 1_000_000_000_000 - 7 * 86_400_000),
    ],
)
def test_a_time_is_understood_as_people_write_it(text: str, expected: int) -> None:
    assert parse_time(text, 1_000_000_000_000) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "5x", "2026-13-01"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(SettingsError, match="is no time: give one such as"):
        parse_time(text, 0)
