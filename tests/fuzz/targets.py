"""What each decoder is held to: it takes any bytes, and nothing but its own error leaves it.

What was accepted must then be usable: an event can be sketched, a sketch can be judged, a restored tenant
goes on.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np

from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.fingerprint import Fingerprint, decode_fingerprint
from models.campaign.templates import Templates
from models.codec import Reader
from models.config import DetectorConfig
from models.embedding import HashedEmbedder
from models.errors import DecodeError, DistillwatchError, SnapshotError
from models.event import LATEST_MS, RequestEvent
from models.finding import RequestRef, Severity
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS
from models.native import InputLimits, decode_native
from models.native_columns import decode_columns
from models.population.newcomers import Newcomers
from models.population.profile import EarlyProfile
from models.sketch import Origin, decode_sketch, encode_sketch
from models.sketcher import Sketcher
from models.snapshot import Header, digest, pack, peek, unpack
from streams import delimited, event_files
from streams.alert_text import details
from streams.alert_text import line as one_line
from streams.avro import avro_reader
from streams.cloudevents_in import completed
from streams.envelopes import open_all
from streams.event_files import EventFile
from streams.finding_view import read_finding
from streams.notify.episodes import Episodes, News
from streams.notify.message import message_on
from streams.ocsf import to_record
from streams.population_records import Mark, population_record, read_record
from streams.state_file import ROLES, Head, StateReader, StateWriter, StoredRecord, TopicPlace
from streams.state_record import (
    PartitionRecord,
    StateRecord,
    close_partition,
    decode_state,
    encode_state,
    open_partition,
)
from tests.fuzz.changes import control, records
from tests.fuzz.foreign import foreign
from tests.fuzz.probes import bodies, requests, restored, used
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

LIMITS = InputLimits(max_text_chars=1000, embedding_size=4)
OWN = AdapterOptions(limits=LIMITS)
MAPPED = AdapterOptions(
    ("tenant",), {"id": "id", "time": "time", "prompt": "request", "embedding": "vector"}, LIMITS
)
ORIGIN = Origin("llm-requests", 3, 141)
MAX_LINE = 64

_READS: tuple[Callable[[Reader], object], ...] = (
    Reader.number,
    Reader.count,
    Reader.time,
    Reader.word,
    Reader.real,
    Reader.blob,
    Reader.text,
    lambda source: source.array(np.uint16, (-1,), 0, 1023),
    lambda source: source.array(np.uint64, (4, -1)),
    lambda source: source.array(np.float32, (-1,), 0.0, 1.0),
)


def native(data: bytes) -> None:
    """Decode an event, also among others, sketch it and send the sketch over the bus."""
    valid = next(_events())
    decoded = decode_columns([valid, data, valid], LIMITS)
    assert {0, 2} <= set(decoded.places)
    among_others = decoded.failures.get(1)
    try:
        event = decode_native(data, LIMITS)
    except DecodeError as error:
        by_itself, event = str(error), None
    else:
        by_itself = "None"
    assert str(among_others) == by_itself
    if event is not None:
        (x,) = _sketcher().sketch_many([event], [ORIGIN])
        assert decode_sketch(event.tenant.encode(), encode_sketch(x)) == x


def adapters(data: bytes) -> None:
    """Decode a record of any of the other formats, and sketch its requests."""
    for name, spec in ADAPTERS.items():
        try:
            found = spec.decode(data, MAPPED if name == "mapping" else OWN)
        except DecodeError:
            continue
        events = [event for event in found if isinstance(event, RequestEvent)]
        for event, x in zip(events, _sketcher().sketch_many(events, [ORIGIN] * len(events)), strict=True):
            assert decode_sketch(event.tenant.encode(), encode_sketch(x)) == x


def sketch(data: bytes) -> None:
    """Decode a sketch whose key stands in front of it, up to the first zero, and have it judged."""
    key, _, value = data.partition(b"\0")
    try:
        x = decode_sketch(key, value)
    except DecodeError:
        return
    assert decode_sketch(key, encode_sketch(x)) == x
    model = restored(bodies()[-1])
    for finding in model.apply(x):
        to_record(finding)
    assert restored(model.dump()).dump() == model.dump()


def codec(data: bytes) -> None:
    """Read values of any kinds in any order."""
    order, _, body = data.partition(b"\xff")
    source = Reader(body)
    with suppress(SnapshotError):
        for kind in order:
            _READS[kind % len(_READS)](source)
        source.end()


def tenant(data: bytes) -> None:
    """Restore a tenant and let it go on."""
    with suppress(SnapshotError):
        model = restored(data)
        try:
            body = used(model)
        except SnapshotError as error:
            raise AssertionError("a tenant that was restored did not go on") from error
        assert restored(body).dump() == body


def snapshot(data: bytes) -> None:
    """Open a snapshot, and one that has the bytes for a body."""
    for read in (peek, unpack, digest):
        with suppress(SnapshotError):
            read(data)
    assert unpack(pack(Header(1, 2), data)) == (Header(1, 2), data)


def state(data: bytes) -> None:
    """Open a record of the state topic, and a partition's own one."""
    with suppress(SnapshotError):
        assert encode_state(decode_state(data)) == data
    record = StateRecord(1, 2, data)
    assert decode_state(encode_state(record)) == record
    with suppress(SnapshotError):
        opened = open_partition(record)
        assert open_partition(close_partition(opened)) == opened


def population(data: bytes) -> None:
    """Read a record of the population topic, and a baseline that goes on where it is one."""
    key, _, value = data.partition(b"\0")
    with suppress(DecodeError):
        said = read_record(key, value)
        assert read_record(*population_record(said)) == said
    newcomers = Newcomers(DetectorConfig())
    try:
        newcomers.load(data)
    except SnapshotError:
        return
    newcomers.close(newcomers.closed + 2 * 86_400_000)
    Newcomers(DetectorConfig()).load(newcomers.dump())


def campaigns(data: bytes) -> None:
    """Read a fingerprint, what is held of a template, and campaigns that go on where they are some."""
    with suppress(SnapshotError):
        read = decode_fingerprint(data)
        assert decode_fingerprint(read.encode()) == read
    Templates(lambda _template: data).take(next(_prints()))
    found = Campaigns(CampaignConfig())
    try:
        found.load(data)
    except SnapshotError:
        return
    for one in _prints():
        found.add(replace(one, time=max(one.time, found.closed)))
    for said in found.close(min(found.closed + 30 * 86_400_000, LATEST_MS)):
        to_record(said)
    Campaigns(CampaignConfig()).load(found.dump())


def _prints() -> Iterator[Fingerprint]:
    """Yield how accounts take up a template, one every half an hour."""
    start = 1_772_582_400_000
    for number in range(6):
        time = start + number * 1_800_000
        request = RequestRef(f"r{number}", "llm-requests", 0, number, "00ff")
        yield Fingerprint(f"t{number}", 7, time, start, time, time, 1, 1, (number,), 5, 3, 0.5, request)


def envelopes(data: bytes) -> None:
    """Open what stands around a value: the header's bytes are those before the first line break."""
    header, _, value = data.partition(b"\n")
    for name in ("content-type", "__value_schema_id", "ce_id"):
        for form in ("native", "otlp_proto"):
            opened = open_all([value], [((name, header),)], form)
            assert opened.values[0] is None or not opened.failures
    for attributes in opened.attributes.values():
        completed(value, attributes)
    with suppress(DecodeError):
        _avro()(value)


@cache
def _avro() -> Callable[[bytes], bytes]:
    fields = [{"name": "id", "type": "string"}, {"name": "tags", "type": {"type": "map", "values": "bytes"}}]
    return avro_reader([json.dumps({"type": "record", "name": "R", "fields": fields})])


def _enveloped() -> Iterator[bytes]:
    yield b"\n\0\0\0\0\7" + next(_events())
    yield b"\n\0\0\0\0\7\2\0\x0a"
    yield b"\1" + bytes(16) + b"\0\n{}"
    head = b'application/cloudevents+json\n{"specversion":"1.0","id":"e","time":"2026-03-04T00:00:00Z",'
    yield head + b'"data":' + next(_events()) + b"}"
    yield head + b'"data_base64":"e30="}'
    yield b"\n\4r1\2\2a\4bc\0"


def messages(data: bytes) -> None:
    """Read a file of Protobuf messages."""
    with suppress(EOFError):
        for value, whole in delimited.messages(io.BytesIO(data), MAX_LINE):
            assert len(value) <= MAX_LINE
            assert whole or not value


def lines(data: bytes) -> None:
    """Read a file of events, compressed or not."""
    with patch.object(event_files, "_open", lambda _name: io.BufferedReader(io.BytesIO(data))):
        file = EventFile("events", MAX_LINE)
    with suppress(DistillwatchError):
        for line in file.lines():
            assert len(line.value) <= MAX_LINE + 1


def finding(data: bytes) -> None:
    """Read a finding as whoever is told of it does: the line, the details, the news and the message."""
    try:
        found = read_finding(data)
    except DecodeError:
        return
    assert one_line(found, 80).plain.isprintable()
    assert all(isinstance(text, str) for row in details(found) for text in row)
    news = Episodes(Severity.INFORMATIONAL).take(found)
    message = message_on(found, news or News.OPENED)
    assert "\n" not in message.title


def _findings() -> Iterator[bytes]:
    yield to_record(FINDING)[1]
    yield to_record(CAMPAIGN)[1]


@cache
def _sketcher() -> Sketcher:
    return Sketcher(HashedEmbedder())


@dataclass(frozen=True, slots=True)
class Target:
    """A decoder, its valid inputs to begin with, and the largest input worth trying, in bytes."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    max_bytes: int


def _events() -> Iterator[bytes]:
    head = b'{"id":"r1","tenant":"acme","time":'
    yield head + b"1772582400000}"
    yield head + b'1772582400.5,"prompt":"Hello, \\u00e9t\\u00e9","temperature":0.5,"n":1,"logprobs":true}'
    yield head + b'"2026-03-04T00:00:00+01:00","embedding":[0.5,-1e300,3,0],"flags":["canary"],"asn":64500}'
    yield head + b'1772582400,"organization":7,"payment":"card","signed_up":"2026-03-01T00:00:00Z"}'
    yield head + b'1772582400000,"finish_reason":"stop","top_logprobs":5,"logit_bias_size":null,"x":[{}]}'


def _sketches() -> Iterator[bytes]:
    return (x.tenant.encode() + b"\0" + encode_sketch(x) for x in requests()[::5])


def _codec() -> Iterator[bytes]:
    yield bytes(range(7)) + b"\xff" + bytes(32) + b"\2\0\0\0ab" + b"\1\0\0\0a"
    yield b"\7\x08\x09\xff" + b"\4\0\0\0\1\0\2\0" + b"\0\0\0\0" + b"\4\0\0\0\0\0\0\0"


def _states() -> Iterator[bytes]:
    marks = {("llm-requests", 0): (5, 0), ("llm-requests", 1): (2**40, 3)}
    yield encode_state(close_partition(PartitionRecord(7, 1_772_582_400_000, marks)))
    yield b'[["llm-requests",0,5],["other",12,1099511627776,3]]'


def _population() -> Iterator[bytes]:
    request = RequestRef("r1", "llm-requests", 0, 5, "00ff")
    features = {"overhead": 5.0, "principals": 0.5, "first_turns": 0.5, "new_prompts": 1.0, "answers": 4.0}
    times = {"time": 1_772_582_400_000, "started": 1_772_575_200_000, "intervals": 7}
    profile = EarlyProfile("acme", 50, **times, **features, request=request)
    newcomers = Newcomers(DetectorConfig())
    for one in (profile, replace(profile, age=75, time=1_772_583_600_000)):
        newcomers.add(one)
        newcomers.close(1_772_583_000_000)
    yield newcomers.dump()
    yield from (b"\0".join(population_record(said)) for said in (profile, Mark(3, 0, idle=True)))


def _campaigns() -> Iterator[bytes]:
    """Yield a fingerprint, a template that is not shared, and a state in which some still wait."""
    first, second, *_ = _prints()
    yield first.encode()
    templates = Templates(lambda _template: None)
    templates.take(first)
    templates.take(second)
    yield from (value for _, _, value in templates.changed())
    found = Campaigns(CampaignConfig())
    for one in _prints():
        found.add(one)
    found.close(1_772_586_000_000)
    yield found.dump()


def _files() -> Iterator[bytes]:
    import gzip  # noqa: PLC0415 - the target itself does without

    import zstandard  # noqa: PLC0415

    text = b'{"id":"r1"}\n' * 3 + b"x" * 200 + b"\r\n"
    yield from (text, gzip.compress(text), zstandard.compress(text) * 2)


def state_file(data: bytes) -> None:
    """Read a group's state from a file."""
    with suppress(DistillwatchError):
        reader = StateReader(Path("state"), io.BufferedReader(io.BytesIO(data)))
        for record in reader.records():
            assert record.role in ROLES


def _state_files() -> Iterator[bytes]:
    place = TopicPlace("state", "id", 4)
    for count in (0, 3):
        out = io.BytesIO()
        writer = StateWriter(out, Head("0", "blue", {"requests": place}, {"state": place}))
        for number in range(count):
            writer.add(StoredRecord("state", number, 0, 5, b"acme", b"x" * number or None))
        writer.finish()
        yield out.getvalue()


TARGETS: Mapping[str, Target] = {
    "native": Target(native, _events, 4096),
    "adapters": Target(adapters, foreign, 4096),
    "envelopes": Target(envelopes, _enveloped, 1024),
    "messages": Target(messages, lambda: iter([b"\2\x0a\0\1\x0a", b"\x0a\1a"]), 1024),
    "sketch": Target(sketch, _sketches, 1024),
    "codec": Target(codec, _codec, 256),
    "tenant": Target(tenant, lambda: iter(bodies()), 20_000),
    "snapshot": Target(snapshot, lambda: (pack(Header(3, 4), body) for body in bodies()[:2]), 4096),
    "state": Target(state, _states, 4096),
    "population": Target(population, _population, 4096),
    "campaigns": Target(campaigns, _campaigns, 4096),
    "control": Target(control, records, 4096),
    "finding": Target(finding, _findings, 4096),
    "lines": Target(lines, _files, 4096),
    "state_file": Target(state_file, _state_files, 4096),
}
