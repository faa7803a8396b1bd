from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from models.columns import Columns, Decoded, Origins
from models.embedding import HashedEmbedder
from models.requests import Requests
from models.sketch import Origin, Sketch, encode_sketch
from models.sketcher import Sketcher
from streams import reading
from streams.formats import decoder
from streams.reading import RequestReader, SketchReader


def record(offset: int, value: bytes | None, key: bytes | None = b"t", timestamp: int = 0) -> ConsumerRecord:
    return ConsumerRecord("source", 1, offset, timestamp, 0, key, value, None, 0, 0, ())


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
