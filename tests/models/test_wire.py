"""Tables of requests as records of the sketch topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.columns import Origins, columns_of
from models.embedding import HashedEmbedder
from models.event import RequestEvent
from models.native import InputLimits, decode_native
from models.native_columns import decode_columns
from models.requests import decode_table, table_of
from models.sketch import Origin, encode_sketch
from models.sketcher import Sketcher
from models.wire import joined, values_of
from tests.models.drawn_records import valid_records
from tests.models.plain_sketch import plain_sketch

LIMITS = InputLimits(embedding_size=4)
places = st.tuples(st.sampled_from(["requests", "thème", "x" * 249]), st.integers(0, 2**31 - 1))


@given(st.lists(st.tuples(valid_records, places), max_size=8), st.sampled_from([b"", b"key"]))
@settings(deadline=None, max_examples=50)
def test_a_table_of_a_batch_is_what_its_requests_are_one_by_one(
    drawn: list[tuple[bytes, tuple[str, int]]], key: bytes
) -> None:
    values = [value for value, _ in drawn]
    events = [event for value in values if (event := decode_native(value, LIMITS)) is not None]
    origins = [Origin(*place, offset) for offset, (_, place) in enumerate(drawn)]
    numbers = [origin.partition for origin in origins], [origin.offset for origin in origins]
    columns, embedder = decode_columns(values, LIMITS).columns, HashedEmbedder()
    expected = [plain_sketch(event, at, embedder, key) for event, at in zip(events, origins, strict=True)]
    for given_columns in (columns, columns_of(events)):
        table = Sketcher(embedder, key).table(
            given_columns, Origins([origin.topic for origin in origins], *numbers)
        )
        assert values_of(table) == [encode_sketch(sketch) for sketch in expected]
        assert table.tenants == [sketch.tenant for sketch in expected]
        assert table.rows.tobytes() == table_of(expected).rows.tobytes()


def test_values_are_those_of_sketches_whatever_became_of_the_table(traffic: Callable[..., Any]) -> None:
    sketches = [
        replace(x, id=f"é{n}", origin=Origin("thème" * (n % 2) + "t", n, 2 * n))
        for n, x in enumerate(traffic(5).varied(60))
    ]
    values = [encode_sketch(x) for x in sketches]
    table = table_of(sketches)
    read, _, failures = decode_table([b"acme"] * 60, values)
    assert failures == {}
    assert values_of(table) == values_of(read) == values
    assert values_of(table.taken([7, 3])) == [values[7], values[3]]
    parts = [table.taken([1]), table_of([]), table_of(sketches[5:9]), read.taken([50, 40])]
    together = joined(parts)
    assert values_of(together) == [values[place] for place in (1, 5, 6, 7, 8, 50, 40)]
    assert [together.id(place) for place in (0, 1, 6)] == ["é1", "é5", "é40"]
    assert together.tenants == ["acme"] * 7
    assert joined([read]) is read


def test_a_table_of_columns_is_read_by_compiled_code_as_any_other() -> None:
    event = RequestEvent("r", 1_772_582_400_000, "acme")
    table = Sketcher(HashedEmbedder()).table(columns_of([event]), Origins(["t"], [0], [0]))
    other = table_of([plain_sketch(event, Origin("t", 0, 0), HashedEmbedder(), b"")])
    pairs = ((table.rows, other.rows), (table.ends, other.ends), (joined([table, other]).rows, other.rows))
    for one, same in pairs:
        assert (one.dtype, one.flags.writeable) == (same.dtype, same.flags.writeable)
        assert one.flags.c_contiguous
