from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from models.columns import Columns, Decoded, Origins
from models.embedding import HashedEmbedder
from models.errors import DecodeError
from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.requests import Requests
from models.sketch import Origin, Sketch, encode_sketch
from models.sketcher import Sketcher
from streams import reading
from streams.formats import _adapted, decoder
from streams.population_records import MARK_KEY
from streams.reading import RequestReader, SketchReader
from streams.record import Record


def record(
    offset: int,
    value: bytes | None,
    key: bytes | None = b"t",
    timestamp: int = 0,
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> Record:
    return Record("source", 1, offset, timestamp, key, value, headers)


def event(**fields: Any) -> bytes:
    return json.dumps({"id": "r", "time": 1_772_582_400, "tenant": "t", "prompt": "hi"} | fields).encode()


def test_good_records_become_sketches_in_order_and_bad_ones_dead_letters() -> None:
    reader = RequestReader(decoder("native"), Sketcher(HashedEmbedder()))
    found = reader.read([record(4, event()), record(5, b"{"), record(6, None), record(7, event(id="s"))])
    assert found.offsets == [4, 7]
    assert [found.requests.id(place) for place in (0, 1)] == ["r", "s"]
    sources, codes = found.requests.sources()
    offsets = found.requests.rows["offset"]
    assert [(*sources[code], offset) for code, offset in zip(codes, offsets, strict=True)] == [
        ("source", 1, 4),
        ("source", 1, 7),
    ]
    assert found.empty == 1
    [letter] = found.dead_letters
    assert (letter.reason, letter.stage, letter.offset, letter.value) == ("not_json", "intake", 5, b"{")


def test_an_unexpected_error_is_named_by_its_type_alone() -> None:
    def decode(values: Sequence[bytes | None]) -> Decoded:
        raise ValueError(f"cannot read {values!r}")

    [letter] = RequestReader(decode, Sketcher(HashedEmbedder())).read([record(0, b"secret")]).dead_letters
    assert letter.reason == "internal_error"
    assert "ValueError" in letter.detail
    assert "secret" not in letter.detail


def test_one_request_that_cannot_be_sketched_does_not_take_its_batch_along() -> None:
    class Fussy(Sketcher):
        def table(self, columns: Columns, origins: Origins) -> Requests:
            if "bad" in columns.ids:
                raise RuntimeError("no")
            return super().table(columns, origins)

    reader = RequestReader(decoder("native"), Fussy(HashedEmbedder()))
    found = reader.read([record(0, event()), record(1, event(id="bad")), record(2, event())])
    assert found.offsets == [0, 2]
    assert [letter.offset for letter in found.dead_letters] == [1]


def test_the_sketch_topic_is_read_with_the_key_as_tenant() -> None:
    sketch = Sketch(id="r", tenant="t", time=1_772_582_400_000, origin=Origin("source", 1, 4))
    value = encode_sketch(sketch)
    records = [record(0, value), record(1, value, None), record(2, b"?"), record(3, b""), record(4, value)]
    found = SketchReader().read(records)
    assert found.offsets == [0, 4]
    assert (found.requests.tenants, found.requests.id(1)) == (["t", "t"], "r")
    sources, codes = found.requests.sources()
    assert [sources[code] for code in codes] == [("source", 1)] * 2
    assert [letter.reason for letter in found.dead_letters] == ["missing_key", "broken_sketch"]
    assert found.empty == 1


@pytest.mark.parametrize("key", [None, b"", MARK_KEY + b"?", b"\xff"])
def test_a_sketch_without_a_tenant_is_set_aside_and_not_lost(key: bytes | None) -> None:
    value = encode_sketch(Sketch(id="r", tenant="t", time=1_772_582_400_000, origin=Origin("source", 1, 4)))
    found = SketchReader().read([record(0, value), record(1, value, key), record(2, value)])
    assert found.offsets == [0, 2]
    assert [letter.offset for letter in found.dead_letters] == [1]
    assert (found.marks, found.empty) == ([], 0)


def test_a_time_too_far_ahead_of_the_record_is_refused_and_one_long_past_is_not() -> None:
    reader = RequestReader(decoder("native"), Sketcher(HashedEmbedder()), max_ahead_ms=3_600_000)
    written = 1_772_582_400_000
    times = [written + 3_600_000, written + 3_600_001, written - 700_000_000_000, 4_102_444_799_999]
    found = reader.read(
        [record(at, event(time=time), timestamp=written) for at, time in enumerate(times)]
        + [record(9, event(time=4_102_444_799_999), timestamp=-1)]
    )
    assert found.offsets == [0, 2, 9]
    assert [(letter.offset, letter.reason) for letter in found.dead_letters] == [
        (1, "time_in_future"),
        (3, "time_in_future"),
    ]


@pytest.mark.parametrize("size", [1, 300, 1_000, 4_000, 10_000])
def test_long_records_are_read_in_runs_and_all_of_them(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RUN_BYTES", 1_000)
    read: list[int] = []

    def decode(values: Sequence[bytes | None]) -> Decoded:
        read.append(len(b"".join(value or b"" for value in values)))
        return decoder("native")(values)

    values = [
        b"{",
        event(prompt="x"),
        None,
        event(prompt="y" * size),
        event(id="s"),
        b"",
        event(id="t"),
        b"?",
    ]
    found = RequestReader(decode, Sketcher(HashedEmbedder())).read(
        [record(at, value) for at, value in enumerate(values)]
    )
    assert found.offsets == [1, 3, 4, 6]
    assert [found.requests.id(place) for place in range(4)] == ["r", "r", "s", "t"]
    assert found.requests.rows["chars"].tolist() == [1, size, 2, 2]
    assert ([letter.offset for letter in found.dead_letters], found.empty) == ([0, 7], 2)
    assert max(read) <= max(1_000, len(values[3] or b""))


@pytest.mark.parametrize("most", [1, 2, 3, 7, 8])
def test_many_records_are_read_in_runs(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RUN_RECORDS", most)
    read: list[int] = []

    def decode(values: Sequence[bytes | None]) -> Decoded:
        read.append(len(values))
        return decoder("native")(values)

    found = RequestReader(decode, Sketcher(HashedEmbedder())).read(
        [record(at, event(id=f"r{at}")) for at in range(7)]
    )
    assert (max(read), sum(read)) == (min(most, 7), 7)
    assert [found.requests.id(place) for place in range(7)] == [f"r{at}" for at in range(7)]


def test_nothing_is_read_of_no_records() -> None:
    found = RequestReader(decoder("native"), Sketcher(HashedEmbedder())).read([])
    assert (found.offsets, len(found.requests), found.dead_letters, found.empty) == ([], 0, [], 0)


def many_events(value: bytes, _options: AdapterOptions) -> list[RequestEvent | DecodeError]:
    """Read a list of times; a time of 0 is wrong."""
    return [
        RequestEvent(f"r{time}", time, "t") if time else DecodeError("missing_field", "no time")
        for time in json.loads(value)
    ]


def test_a_record_of_many_events_has_one_dead_letter_for_all_that_are_wrong() -> None:
    adapted, limits = _adapted(many_events), AdapterOptions()
    reader = RequestReader(
        lambda values: adapted.many(values, limits), Sketcher(HashedEmbedder()), 3_600_000, "otlp_json"
    )
    now = 1_772_582_400_000
    late, value = now + 3_600_001, b"[0, %d, %d, 0]"
    records = [
        record(3, value % (now, now + 1), timestamp=now),
        record(4, b"[%d, %d, %d]" % (late, now, late), timestamp=now),
        record(5, b"[0, %d, %d]" % (late, now), timestamp=now),
        record(6, b"[]"),
    ]
    found = reader.read(records)
    assert found.offsets == [3, 3, 4, 5]
    assert found.requests.rows["offset"].tolist() == [3, 3, 4, 5]
    assert found.requests.rows["part"].tolist() == [1, 2, 1, 2]
    assert [(letter.offset, letter.reason, letter.events) for letter in found.dead_letters] == [
        (3, "missing_field", 2),
        (4, "time_in_future", 2),
        (5, "missing_field", 2),
    ]
    assert {letter.format for letter in found.dead_letters} == {"otlp_json"}
    assert found.empty == 1


CE = (("ce_specversion", b"1.0"), ("ce_id", b"e1"), ("ce_source", b"/g"), ("ce_type", b"r"))
STRUCTURED = (("content-type", b"application/cloudevents+json"),)


def test_native_events_are_taken_out_of_their_envelopes() -> None:
    reader = RequestReader(decoder("native"), Sketcher(HashedEmbedder()))
    wrapped = {"specversion": "1.0", "id": "e2", "source": "/g", "type": "r"}
    bare = {"time": 1_772_582_400, "tenant": "t"}
    records = [
        record(0, event(id="plain")),
        record(1, event(id="binary"), headers=CE),
        record(2, json.dumps(bare).encode(), headers=CE),
        record(
            3, json.dumps(wrapped | {"data": json.loads(event(id="structured"))}).encode(), headers=STRUCTURED
        ),
        record(4, json.dumps(wrapped | {"data": bare}).encode(), headers=STRUCTURED),
        record(5, b"\0\0\0\0\7" + event(id="framed")),
        record(6, event(id="traced"), headers=(("traceparent", b"00-1"), ("empty", None))),
        record(7, None, headers=CE),
    ]
    found = reader.read(records)
    assert found.dead_letters == []
    names = ["plain", "binary", "e1", "structured", "e2", "framed", "traced"]
    assert [found.requests.id(place) for place in range(len(found.requests))] == names
    assert (found.offsets, found.empty) == ([0, 1, 2, 3, 4, 5, 6], 1)


def test_an_envelope_that_cannot_be_opened_is_a_dead_letter_with_what_it_is_read_by() -> None:
    reader = RequestReader(decoder("native"), Sketcher(HashedEmbedder()))
    secret = ("authorization", b"Bearer hunter2")
    records = [
        record(0, b"?", headers=(*STRUCTURED, secret)),
        record(1, b"\0\0\0"),
        record(2, b"\0\0\0\0\7\x0aavro"),
        record(3, event()),
        record(4, b"{", headers=CE),
    ]
    found = reader.read(records)
    assert (found.offsets, found.empty) == ([3], 0)
    assert [(letter.offset, letter.reason) for letter in found.dead_letters] == [
        (0, "bad_cloudevent"),
        (1, "bad_frame"),
        (2, "needs_registry"),
        (4, "not_json"),
    ]
    first, *_, last = found.dead_letters
    assert (first.value, first.envelope) == (b"?", STRUCTURED)
    assert last.envelope == CE
    assert dict(last.headers())["ce_id"] == b"e1"
