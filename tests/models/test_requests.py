"""Sketches as a table: the same requests and the same refusals as one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import requests
from models.core import records
from models.core.layout import REQUEST
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS
from models.requests import decode_table, table_of
from models.sketch import _FIXED, Origin, Sketch, decode_sketch, encode_sketch
from tests.models.conftest import Traffic
from tests.models.test_sketch import of_version_1, of_version_2

SKETCHES = tuple(Traffic(5).varied(60))
VALUES = [encode_sketch(x) for x in SKETCHES]


def test_the_layout_is_that_of_the_wire() -> None:
    assert REQUEST.itemsize == _FIXED.size
    account = {"account": 9, "signed_up": SKETCHES[0].time}
    x = replace(SKETCHES[0], heads=(1, 2, 3, 4), tails=(5, 6, 7, 8), status=429, flags=3, temperature=0.5)
    x = replace(x, **account)
    row = table_of([x]).rows[0]
    assert (row["head_32"], row["tail_4"], row["status"], row["flags"]) == (4, 5, 429, 3)
    same = (
        "time",
        "whole",
        "simhash",
        "network",
        "account",
        "signed_up",
        "chars",
        "turn",
        "n",
        "finish",
        "temperature",
    )
    assert [row[name] for name in same] == [getattr(x, name) for name in same]
    assert row["embedding"].tobytes() == x.embedding or not x.embedding
    assert (row["partition"], row["offset"]) == (x.origin.partition, x.origin.offset)
    part = table_of([replace(x, origin=replace(x.origin, part=7))]).rows[0]["part"]
    assert (row["part"], part) == (0, 7)


@pytest.mark.parametrize("signed_up", [-1, 1, EARLIEST_MS - 1, LATEST_MS])
def test_an_account_opened_at_no_time_is_refused(signed_up: int) -> None:
    values = [VALUES[0], encode_sketch(replace(SKETCHES[0], signed_up=signed_up))]
    assert list(decode_table([b"acme"] * 2, values)[2]) == [1]


def test_sketches_of_older_versions_are_read_among_those_of_this_one() -> None:
    versions = (encode_sketch, of_version_1, of_version_2)
    mixed = [versions[place % 3](x) for place, x in enumerate(SKETCHES)]
    given = tuple(mixed)
    table, kept, failures = decode_table([b"acme"] * 60, mixed)
    assert (kept, failures) == (list(range(60)), {})
    assert table.rows.tobytes() == table_of(SKETCHES).rows.tobytes()
    assert [table.id(place) for place in range(60)] == [x.id for x in SKETCHES]
    assert tuple(mixed) == given


def test_names_and_places_come_back() -> None:
    sketches = [
        replace(x, id=f"é{n}", origin=Origin("thème" * (n % 2) + "t", n, 2 * n), heads=(n, 0, 0, 0))
        for n, x in enumerate(SKETCHES)
    ]
    table, kept, failures = decode_table([b"acme"] * 60, [encode_sketch(x) for x in sketches])
    assert (kept, failures) == (list(range(60)), {})
    assert [table.id(place) for place in range(60)] == [x.id for x in sketches]
    origins = [(x.origin.topic, x.origin.partition, x.origin.offset) for x in sketches]
    sources, codes = table.sources()
    assert [
        (*sources[code], place) for code, place in zip(codes, table.rows["offset"], strict=True)
    ] == origins
    part = table.taken([7, 3])
    assert part.sources()[0] == [origins[7][:2], origins[3][:2]]
    assert part.ref(0).request_id == "é7"
    assert part.ref(0).template_hash == f"{7:016x}"


def test_many_references_are_those_of_one_by_one() -> None:
    heads = [(0, 0, 0, 0), (1, 0, 0, 0), (1, 2**64 - 1, 0, 0), (1, 2, 3, 0), (1, 2, 3, 4)]
    usual = zip(heads, Traffic(1).usual(len(heads)), strict=True)
    part = table_of(
        [replace(x, heads=head, origin=Origin("ü" * n, n, 7)) for n, (head, x) in enumerate(usual)]
    )
    places = [3, 0, 4, 2, 1]
    assert part.refs(np.array(places)) == [part.ref(place) for place in places]
    assert part.refs(np.array([], np.int64)) == []


def refusal(key: bytes, value: bytes) -> str | None:
    try:
        decode_sketch(key, value)
    except DecodeError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", ["chars", "words", "turn", "n", "status", "finish", "flags", "temperature"])
def test_a_number_that_cannot_be_is_refused_and_any_other_taken_without_a_second_look(name: str) -> None:
    low, high = (-2, 2**31 - 1) if name != "temperature" else (-1.5, 1000.0)
    values = [
        encode_sketch(replace(SKETCHES[0], **{name: value}))
        for value in (low, -1, 0, 1, 0.7, high)
        if name == "temperature" or isinstance(value, int)
    ]
    assert requests._doubtful([b"acme"] * len(values), requests._cut(values)) == [0]
    assert list(decode_table([b"acme"] * len(values), values)[2]) == [0]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_the_refusals_are_those_of_one_by_one(data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, 59), min_size=1, max_size=5))
    values = [bytearray(VALUES[place]) for place in places]
    for value in values:
        for at in data.draw(st.lists(st.integers(0, len(value) - 1), max_size=3)):
            value[at] = data.draw(st.integers(0, 255))
        if data.draw(st.integers(0, 9)) == 0:
            del value[data.draw(st.integers(0, len(value) - 1)) :]
    keys = [data.draw(st.sampled_from([b"acme", "é".encode(), b"", b"\xff", b"t" * 257])) for _ in values]
    broken = [bytes(value) for value in values]
    table, kept, failures = decode_table(keys, broken)
    expected = [refusal(key, value) for key, value in zip(keys, broken, strict=True)]
    assert [str(failures[k]) if k in failures else None for k in range(len(keys))] == expected
    assert kept == [k for k, why in enumerate(expected) if why is None]
    assert table.tenants == [keys[k].decode() for k in kept]


@pytest.mark.parametrize("values", [[], [b""], [b"short"]])
def test_nothing_and_what_is_too_short_are_no_trouble(values: list[bytes]) -> None:
    table, kept, failures = decode_table([b"a"] * len(values), values)
    assert (len(table), kept, len(failures)) == (0, [], len(values))


def test_a_table_of_no_sketches_is_empty() -> None:
    empty: list[Sketch] = []
    assert len(table_of(empty)) == 0


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            *(st.sampled_from(["a", "b", "ab", "é"]), st.integers(0, 2), st.integers(0, 5), st.integers(0, 2))
        )
    )
)
def test_what_rises_in_each_source_is_fresh(origins: list[tuple[str, int, int, int]]) -> None:
    table = table_of([replace(SKETCHES[0], origin=Origin(*origin)) for origin in origins])
    sources, codes = table.sources()
    assert sources == list(dict.fromkeys((topic, partition) for topic, partition, *_ in origins))
    highest, places = np.full((len(sources), 2), 1), np.empty(len(origins), np.int64)
    fresh = places[: records.rising(table.rows, codes, highest, places)].tolist()
    marks, expected = {source: [1, 1] for source in sources}, []
    for place, (topic, partition, *mark) in enumerate(origins):
        if mark > marks[topic, partition]:
            marks[topic, partition] = mark
            expected.append(place)
    assert fresh == expected
    assert dict(zip(sources, highest.tolist(), strict=True)) == marks
