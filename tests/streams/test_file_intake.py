"""Lines become sketches: of files, and of a topic's records with their headers and frames."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fastavro
import orjson
import pytest

from streams.event_files import Line
from streams.file_intake import intake_plan as plan_of
from streams.file_intake import sketch_lines
from streams.settings import EmbeddingSettings, Settings
from streams.settings_registry import SchemaRegistrySettings

NOW = 1_772_582_400_000
HASHED = EmbeddingSettings(kind="hashed")
SCHEMA = {
    "type": "record",
    "name": "Request",
    "fields": [{"name": name, "type": "string"} for name in ("id", "tenant", "prompt")]
    + [{"name": "time", "type": "long"}],
}
EVENT = {"id": "a", "tenant": "acme", "prompt": "hello", "time": NOW}


class Registry(BaseHTTPRequestHandler):
    """Knows one schema."""

    def do_GET(self) -> None:
        body = json.dumps({"schema": json.dumps(SCHEMA)}).encode()
        self.send_response(200 if self.path.startswith("/schemas/ids/7") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def framed() -> bytes:
    payload = io.BytesIO()
    fastavro.schemaless_writer(payload, fastavro.parse_schema(SCHEMA), EVENT)
    return b"\0" + (7).to_bytes(4, "big") + payload.getvalue()


def line(value: bytes, timestamp: int = NOW, headers: tuple[tuple[str, bytes], ...] = ()) -> Line:
    return Line("requests", 5, value, partition=2, timestamp=timestamp, headers=headers)


def test_avro_of_a_topic_is_read_by_the_schemas_of_the_registry(registry: str) -> None:
    settings = Settings(embedding=HASHED, schema_registry=SchemaRegistrySettings(url=registry))
    found = sketch_lines([line(framed())], plan_of(settings, NOW))
    assert [key for key, _ in found.records] == [b"acme"]
    assert found.rejects == []


def test_avro_without_a_registry_is_refused_with_what_to_do() -> None:
    (reject,) = sketch_lines([line(framed())], plan_of(Settings(embedding=HASHED), NOW)).rejects
    assert (reject.file, reject.line, reject.reason) == ("requests", 5, "needs_registry")


def test_the_headers_of_a_cloud_event_fill_in_what_it_lacks() -> None:
    attributes = {"ce_specversion": "1.0", "ce_id": "a", "ce_source": "/x", "ce_type": "t"}
    attributes["ce_time"] = "2026-03-04T00:00:00Z"
    headers = tuple((name, value.encode()) for name, value in attributes.items())
    value = orjson.dumps({"tenant": "acme", "prompt": "hello"})
    plan = plan_of(Settings(embedding=HASHED), NOW)
    assert [key for key, _ in sketch_lines([line(value, headers=headers)], plan).records] == [b"acme"]
    assert [reject.reason for reject in sketch_lines([line(value)], plan).rejects] == ["missing_field"]


@pytest.mark.parametrize(("hours", "refused"), [(23, 0), (25, 1)])
@pytest.mark.parametrize("timestamp", [NOW, 0])
def test_an_event_may_be_ahead_of_its_record_as_far_as_on_the_bus(
    hours: int, refused: int, timestamp: int
) -> None:
    settings = Settings(embedding=HASHED)
    event = orjson.dumps(EVENT | {"time": NOW + hours * 3_600_000})
    newest = NOW + settings.source.max_ahead_ms
    assert len(sketch_lines([line(event, timestamp)], plan_of(settings, newest)).rejects) == refused
