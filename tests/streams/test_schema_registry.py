"""Schemas of a registry: fetched once, waited for, and never taken for unknown because nobody answered."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from models.errors import DecodeError, RefusedError
from streams import schema_registry
from streams.connection import BrokerUnreachableError
from streams.registry_request import LARGEST_ANSWER, Answer, ask_types
from streams.schema_registry import UNKNOWN_SECONDS, RegistrySchemas, schemas_of
from streams.settings_registry import SchemaRegistrySettings

PATIENCE_SECONDS = 30.0
SCHEMA = {"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]}
AVRO = Answer(200, json.dumps({"schema": json.dumps(SCHEMA)}).encode())
UNKNOWN = Answer(404, b'{"error_code":40403,"message":"Schema not found"}')


@dataclass
class World:
    """A registry that answers by path, and a clock that only sleeping moves."""

    answers: dict[str, list[Answer] | Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    time: float = 0.0

    def get(self, path: str) -> Answer:
        self.asked.append(path)
        given = self.answers.get(path, UNKNOWN)
        answer = given if isinstance(given, Answer) else given.pop(0)
        if answer.status == 0:
            raise BrokerUnreachableError("nobody there")
        return answer

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    def schemas(self) -> RegistrySchemas:
        return RegistrySchemas(self.get, PATIENCE_SECONDS, self.sleep, lambda: self.time)


def fetched(schemas: RegistrySchemas, *keys: int | str) -> None:
    asyncio.run(schemas.fetch(set(keys)))


def test_a_schema_is_fetched_once_and_reads_payloads() -> None:
    world = World({"/schemas/ids/7": AVRO, "/schemas/guids/aa-bb": AVRO})
    schemas = world.schemas()
    for _ in range(3):
        fetched(schemas, 7, "aa-bb")
    assert sorted(world.asked) == ["/schemas/guids/aa-bb", "/schemas/ids/7"]
    assert schemas.to_json(7, b"\4ab") == schemas.to_json("aa-bb", b"\4ab") == b'{"id":"ab"}'


def test_json_is_taken_as_it_is_and_other_types_are_refused() -> None:
    kinds = {number: {"schema": "{}", "schemaType": kind} for number, kind in enumerate(["JSON", "PROTOBUF"])}
    world = World(
        {f"/schemas/ids/{number}": Answer(200, json.dumps(kind).encode()) for number, kind in kinds.items()}
    )
    schemas = world.schemas()
    fetched(schemas, 0, 1)
    assert schemas.to_json(0, b'{"a":1}') == b'{"a":1}'
    with pytest.raises(DecodeError, match=r"unsupported_schema.*PROTOBUF"):
        schemas.to_json(1, b"")


def test_a_schema_is_waited_for_that_a_registry_comes_to_know_a_moment_later() -> None:
    world = World({"/schemas/ids/7": [UNKNOWN, AVRO]})
    schemas = world.schemas()
    fetched(schemas, 7)
    assert schemas.to_json(7, b"\4ab") == b'{"id":"ab"}'


def test_a_schema_that_the_registry_does_not_have_is_asked_for_again_after_a_while() -> None:
    world = World({"/schemas/ids/7": [UNKNOWN, UNKNOWN, AVRO]})
    schemas = world.schemas()
    fetched(schemas, 7)
    fetched(schemas, 7)
    assert len(world.asked) == 2
    with pytest.raises(DecodeError, match="unknown_schema"):
        schemas.to_json(7, b"")
    world.time += UNKNOWN_SECONDS
    fetched(schemas, 7)
    assert schemas.to_json(7, b"\4ab") == b'{"id":"ab"}'


def test_schemas_are_asked_for_side_by_side() -> None:
    world, both = World(), threading.Barrier(2)

    def get(path: str) -> Answer:
        both.wait(timeout=10)
        return world.get(path)

    schemas = RegistrySchemas(get, PATIENCE_SECONDS, world.sleep, lambda: world.time)
    fetched(schemas, 7, 8)
    assert sorted(world.asked) == ["/schemas/ids/7"] * 2 + ["/schemas/ids/8"] * 2


@pytest.mark.parametrize(
    "answer", [Answer(0, b""), Answer(500, b""), Answer(200, b"<html>"), Answer(404, b"<html>")]
)
def test_a_registry_that_does_not_answer_is_waited_for_and_then_ends_the_worker(answer: Answer) -> None:
    world = World({"/schemas/ids/7": [answer, answer, AVRO], "/schemas/ids/8": answer})
    schemas = world.schemas()
    fetched(schemas, 7)
    assert schemas.to_json(7, b"\4ab") == b'{"id":"ab"}'
    with pytest.raises(BrokerUnreachableError):
        fetched(schemas, 8)
    assert PATIENCE_SECONDS <= world.time <= PATIENCE_SECONDS + 5


@pytest.mark.parametrize("status", [401, 403])
def test_a_registry_that_refuses_us_ends_the_worker_at_once(status: int, serve: Callable[..., Any]) -> None:
    url, seen = serve(status, b"")
    with pytest.raises(RefusedError, match=r"schema_registry\.username"):
        fetched(schemas_of(SchemaRegistrySettings(url=url), PATIENCE_SECONDS), 7)
    assert len(seen) == 1


def referring(name: str, *references: tuple[str, int], own: str = "") -> Answer:
    fields = [{"name": subject, "type": f"n.{subject}"} for subject, _ in references] or [
        {"name": "x", "type": "int"}
    ]
    schema = own or json.dumps({"type": "record", "name": f"n.{name}", "fields": fields})
    listed = [
        {"name": f"n.{subject}", "subject": subject, "version": version} for subject, version in references
    ]
    return Answer(200, json.dumps({"schema": schema, "references": listed}).encode())


def test_schemas_that_one_refers_to_are_fetched_in_the_order_they_need() -> None:
    world = World(
        {
            "/schemas/ids/1": referring("Top", ("Mid", 1), ("Low", 2)),
            "/subjects/Mid/versions/1": referring("Mid", ("Low", 2)),
            "/subjects/Low/versions/2": referring("Low"),
        }
    )
    schemas = world.schemas()
    fetched(schemas, 1)
    assert schemas.to_json(1, b"\2\4") == b'{"Mid":{"Low":{"x":1}},"Low":{"x":2}}'


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"/subjects/A/versions/1": referring("A", ("A", 1))},
        {"/subjects/A/versions/1": referring("A", own="{")},
        {f"/subjects/{'A' * n}/versions/1": referring("A" * n, ("A" * (n + 1), 1)) for n in range(1, 200)},
    ],
)
def test_references_that_lead_nowhere_make_a_schema_that_cannot_be_used(others: dict[str, Any]) -> None:
    schemas = World({"/schemas/ids/1": referring("Top", ("A", 1)), **others}).schemas()
    fetched(schemas, 1)
    with pytest.raises(DecodeError, match="unsupported_schema"):
        schemas.to_json(1, b"")


def test_the_schemas_that_are_kept_are_bounded_and_those_in_use_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema_registry, "MOST_SCHEMAS", 8)
    world = World({f"/schemas/ids/{number}": AVRO for number in range(18)})
    schemas = world.schemas()
    for number in range(18):
        fetched(schemas, 0, number)
    assert schemas.to_json(0, b"\4ab")
    assert len(schemas._readers) == 8
    with pytest.raises(DecodeError):
        schemas.to_json(1, b"\4ab")


@pytest.fixture
def serve() -> Iterator[Callable[[int, bytes], tuple[str, list[str | None]]]]:
    """Return a function that starts a server with one answer; gives its address and what logged in."""
    servers = []

    def start(status: int, body: bytes) -> tuple[str, list[str | None]]:
        seen: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.headers["Authorization"])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_real_registry_is_asked_with_our_login(serve: Callable[..., Any]) -> None:
    url, seen = serve(200, AVRO.body)
    settings = SchemaRegistrySettings.model_validate(
        {"url": f"{url}/", "username": "w", "password": "hunter2"}
    )
    schemas = schemas_of(settings, PATIENCE_SECONDS)
    fetched(schemas, 7)
    assert schemas.to_json(7, b"\4ab") == b'{"id":"ab"}'
    assert seen == [f"Basic {base64.b64encode(b'w:hunter2').decode()}"]


def test_an_answer_without_end_is_none(serve: Callable[..., Any]) -> None:
    url, _ = serve(200, b" " * (LARGEST_ANSWER + 1))
    with pytest.raises(BrokerUnreachableError, match="does not answer"):
        schemas_of(SchemaRegistrySettings(url=url), 1.0)._get("/schemas/ids/1")


def test_nobody_at_the_address_is_said() -> None:
    with pytest.raises(BrokerUnreachableError, match=r"check schema_registry\.url; nothing was lost"):
        schemas_of(SchemaRegistrySettings(url="http://127.0.0.1:1"), 1.0)._get("/schemas/ids/1")


def test_doctor_asks_what_a_registry_holds(serve: Callable[..., Any]) -> None:
    url, _ = serve(200, b'["AVRO","JSON"]')
    assert ask_types(SchemaRegistrySettings(url=url)) == '["AVRO","JSON"]'
    refusing, _ = serve(403, b"")
    with pytest.raises(RefusedError, match=r"schema_registry\.username"):
        ask_types(SchemaRegistrySettings(url=refusing))
    other, _ = serve(404, b"")
    with pytest.raises(BrokerUnreachableError, match=r"HTTP 404: check schema_registry\.url"):
        ask_types(SchemaRegistrySettings(url=other))
