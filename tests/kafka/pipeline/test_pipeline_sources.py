"""Several source topics, each with its own format, and what stands around and under their records."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
from confluent_kafka import Producer

from models.fleet import Fleet
from streams.cli import main
from streams.ocsf import to_record
from streams.record import Record
from streams.source_readers import request_readers
from tests.kafka.pipeline.conftest import START_MS, TENANTS, request, statement
from tests.kafka.spans import SOURCE, exported, kong, rfc3339

if TYPE_CHECKING:
    from streams.settings import Settings
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]

ALL = range(1800)
A_RECORD = 14
KONG = {"format": "kong", "fields": {"flags": "guard"}}
SCHEMA = {
    "type": "record",
    "name": "Request",
    "fields": [
        *({"name": name, "type": "string"} for name in ("id", "tenant", "prompt")),
        {"name": "time", "type": "long"},
        {"name": "flags", "type": {"type": "array", "items": "string"}, "default": []},
    ],
}
Headers = list[tuple[str, bytes]]


def produce(
    settings: Settings, topic: str, records: Iterable[tuple[bytes, bytes, Headers]], codec: str = "none"
) -> None:
    """Write keys, values and headers to a topic, in order."""
    producer = Producer(
        {"bootstrap.servers": settings.kafka.bootstrap_servers, "compression.type": codec, "linger.ms": 20}
    )
    for key, value, headers in records:
        producer.produce(topic, value, key, headers=headers)
        producer.poll(0)
    assert producer.flush(30) == 0


def of_third(which: int) -> list[dict[str, Any]]:
    """The requests of two of the six tenants."""
    return [request(number) for number in ALL if number % TENANTS // 2 == which]


def many_a_record(requests: list[dict[str, Any]]) -> list[bytes]:
    return [exported(requests[start : start + A_RECORD]) for start in range(0, len(requests), A_RECORD)]


@pytest.fixture
def three(make_bus: Callable[..., Bus], tmp_path: Path) -> Bus:
    """Topics of three formats, with two of the six tenants on each."""
    topic = f"requests-{tmp_path.name}"
    return make_bus(
        sources={
            "spans": {"topic": f"{topic}-spans", **SOURCE},
            "gateway": {"topic": f"{topic}-kong", **KONG},
        }
    )


def fill(bus: Bus, *, bad: bool = False) -> set[Statement]:
    """Put two tenants' requests on each of the topics, and return what the detector says of them offline.

    Those that share records are in one partition.
    """
    settings = bus.settings
    wrong = {"id": "nobody", "time": request(0)["time"], "prompt": "zqxjkprompt"}
    natives = [(one["tenant"].encode(), json.dumps(one).encode()) for one in of_third(0)]
    spans = [(b"spans", value) for value in many_a_record(of_third(1))]
    entries = [(one["tenant"].encode(), kong(one)) for one in of_third(2)]
    if bad:
        natives.insert(7, (b"", b"{"))
        spans.insert(3, (b"spans", exported([wrong, request(2) | {"id": "extra", "tenant": "t9"}, wrong])))
        entries.insert(5, (b"", kong(request(4)).replace(b"started_at", b"begun")))
    said = set()
    topics = [source.topic for source in settings.all_sources.values()]
    for topic, records in zip(topics, (natives, spans, entries), strict=True):
        produce(settings, topic, [(key, value, []) for key, value in records])
        said |= judged(settings, topic, [value for _, value in records])
    return said


def judged(settings: Settings, topic: str, values: list[bytes]) -> set[Statement]:
    """What the detector finds in the records of one topic without any bus."""
    records = [Record(topic, 0, offset, value=value) for offset, value in enumerate(values)]
    reading = request_readers(settings)[topic].read(records)
    fleet = Fleet(settings.detector, lambda _tenant: None)
    findings = fleet.apply_many(reading.requests, range(len(reading.requests)))
    return {statement(to_record(finding)[1]) for finding in findings}


def test_one_worker_judges_the_records_of_three_formats(three: Bus) -> None:
    expected = fill(three, bad=True)
    worker = three.start()
    assert len({who for _, _, who, _, _ in expected}) == TENANTS
    assert sorted(three.statements(expected)) == sorted(expected)
    settings = three.settings
    letters = three.read(settings.topics.dead_letters, lambda records: len(records) >= 3)
    assert three.stop(worker) == 0
    said = [{name: value.decode() for name, value in letter.headers} for letter in letters]
    told = sorted((one["source_topic"], one["format"], one["reason"], one["events"]) for one in said)
    topics = [settings.source.topic, *(source.topic for source in settings.sources.values())]
    assert told == sorted(
        [
            (topics[0], "native", "not_json", "1"),
            (topics[1], "otlp_json", "missing_field", "2"),
            (topics[2], "kong", "missing_field", "1"),
        ]
    )
    sketches = three.everything(settings.topics.sketches)
    assert len(sketches) == len(ALL) + 1
    for record in [
        *sketches,
        *three.everything(settings.topics.alerts),
        *three.everything(settings.topics.state),
    ]:
        assert b"zqxj" not in (record.value or b"")


def test_two_workers_share_three_topics_and_take_each_others_place(three: Bus) -> None:
    first = three.start()
    expected = fill(three)
    three.read(three.settings.topics.alerts, lambda records: len(records) >= 3)
    second = three.start()
    three.stop(first, signal.SIGKILL)
    assert set(three.statements(expected)) == expected
    assert three.stop(second) == 0


def test_a_topic_to_which_nothing_comes_holds_up_no_newcomer(
    make_bus: Callable[..., Bus], tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bus = make_bus(
        sources={"silent": {"topic": f"silent-{tmp_path.name}", **SOURCE}},
        population={"idle_seconds": 0.5},
        metrics={"port": port},
    )
    bus.publish_requests(ALL)
    bus.start()

    def compared() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                said = answer.read().decode()
        except OSError:
            return False
        found = re.search(r"^distillwatch_population_closed_timestamp_seconds (\S+)$", said, re.MULTILINE)
        return found is not None and float(found[1]) > START_MS / 1000

    wait_until(compared)


def test_a_backtest_of_each_topics_records_says_the_same(
    three: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = fill(three)
    three.start()
    assert set(three.statements(expected)) == expected
    parts = {
        None: [json.dumps(one).encode() for one in of_third(0)],
        "spans": many_a_record(of_third(1)),
        "gateway": [kong(one) for one in of_third(2)],
    }
    sections = json.loads(
        three.settings.model_dump_json(include={"source", "sources", "detector", "embedding"})
    )
    flags = [f"--set={name}={value}" for name, value in flat(sections) if value not in (None, "[]")]
    found = set()
    for source, values in parts.items():
        (tmp_path / "records").write_bytes(b"\n".join(values))
        named = [] if source is None else ["--source", source]
        command = ["backtest", "records", "--alerts", "alerts", "--processes", "0", *named]
        assert main([*flags, "--set=population.enabled=false", *command]) == 0
        found |= {statement(line) for line in (tmp_path / "alerts").read_bytes().splitlines()}
    assert found == expected


def flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", json.dumps(value) if isinstance(value, list) else value


def native(one: dict[str, Any]) -> bytes:
    return json.dumps(one).encode()


def in_binary_mode(one: dict[str, Any]) -> tuple[bytes, Headers]:
    """A request whose id and time are in the envelope alone."""
    inner = {name: value for name, value in one.items() if name not in {"id", "time"}}
    said = {
        "specversion": "1.0",
        "id": one["id"],
        "source": "/gateway",
        "type": "r",
        "time": rfc3339(one["time"]),
    }
    return native(inner), [(f"ce_{name}", value.encode()) for name, value in said.items()]


def in_structured_mode(one: dict[str, Any]) -> tuple[bytes, Headers]:
    event = {"specversion": "1.0", "id": "other", "source": "/gateway", "type": "r", "data": one}
    return native(event), [("content-type", b"application/cloudevents+json; charset=utf-8")]


def framed(one: dict[str, Any]) -> tuple[bytes, Headers]:
    return b"\0\0\0\0\7" + native(one), [("traceparent", b"00-0-0-0")]


def plain(one: dict[str, Any]) -> tuple[bytes, Headers]:
    return native(one), []


def test_every_compression_and_every_envelope_of_json_is_read(bus: Bus, offline: Offline) -> None:
    requests = [request(number) for number in ALL]
    codecs = ("gzip", "snappy", "lz4", "zstd")
    envelopes = (in_binary_mode, in_structured_mode, framed, plain)
    for turn, (codec, wrap) in enumerate(zip(codecs, envelopes, strict=True)):
        part = requests[turn * len(ALL) // 4 : (turn + 1) * len(ALL) // 4]
        records = [(one["tenant"].encode(), *wrap(one)) for one in part]
        produce(bus.settings, bus.settings.source.topic, records, codec)
    worker = bus.start()
    expected = offline(ALL)
    assert sorted(bus.statements(expected)) == sorted(expected)
    assert bus.stop(worker) == 0
    assert bus.everything(bus.settings.topics.dead_letters) == []


@pytest.fixture
def registry() -> Iterator[str]:
    """A schema registry that knows schema 7."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/schemas/ids/7"
            self.send_response(200 if known else 404)
            self.end_headers()
            answer = (
                {"schema": json.dumps(SCHEMA)} if known else {"error_code": 40403, "message": "not found"}
            )
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def avro(schema_id: int, one: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(SCHEMA), {"flags": [], **one})
    return b"\0" + schema_id.to_bytes(4, "big") + out.getvalue()


def test_avro_is_read_with_a_schema_registry(
    make_bus: Callable[..., Bus], offline: Offline, registry: str
) -> None:
    bus = make_bus(schema_registry={"url": registry})
    records = [(one["tenant"].encode(), avro(7, one), []) for one in map(request, ALL)]
    records.insert(9, (b"t0", avro(8, request(0)), []))
    produce(bus.settings, bus.settings.source.topic, records)
    worker = bus.start()
    expected = offline(ALL)
    assert sorted(bus.statements(expected)) == sorted(expected)
    [letter] = bus.everything(bus.settings.topics.dead_letters)
    assert dict(letter.headers)["reason"] == b"unknown_schema"
    assert bus.stop(worker) == 0


def test_while_no_registry_answers_records_wait_and_are_no_dead_letters(
    make_bus: Callable[..., Bus], offline: Offline, registry: str
) -> None:
    bus = make_bus(schema_registry={"url": "http://127.0.0.1:1"})
    produce(
        bus.settings,
        bus.settings.source.topic,
        [(one["tenant"].encode(), avro(7, one), []) for one in map(request, ALL)],
    )
    worker = bus.start()
    assert worker.wait(90) == 1
    bus.workers.remove(worker)
    assert "schema_registry.url" in bus.said()
    assert bus.everything(bus.settings.topics.dead_letters) == []
    answering = bus.settings.schema_registry.model_copy(update={"url": registry})
    bus.settings = bus.settings.model_copy(update={"schema_registry": answering})
    bus.start()
    expected = offline(ALL)
    assert sorted(bus.statements(expected)) == sorted(expected)
