"""A batch of native records is decoded as each of them by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.columns import Columns, columns_of
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS, RequestEvent
from models.native import InputLimits, decode_native
from models.native_columns import _FENCE, TOGETHER, decode_columns
from tests.models.drawn_records import (
    COUNTS,
    FIELDS,
    LABELS,
    TEXTS,
    any_bytes,
    anything,
    valid_fields,
    valid_records,
)

TIME = 1_772_582_400_000
LIMITS = InputLimits(max_text_chars=100, embedding_size=4)
FENCE = b"%d" % _FENCE
GOOD = b'{"id":"r","time":1772582400000,"tenant":"t"}'


def one_by_one(values: Sequence[bytes | None]) -> tuple[list[RequestEvent], list[int], dict[int, str], int]:
    """What single decoding makes of records: events, their places, complaints, and how many said nothing."""
    events, places, failures, empty = [], [], {}, 0
    for place, value in enumerate(values):
        try:
            event = decode_native(value, LIMITS)
        except DecodeError as error:
            failures[place] = str(error)
            continue
        if event is None:
            empty += 1
        else:
            events.append(event)
            places.append(place)
    return events, places, failures, empty


def spelled_out(columns: Columns) -> dict[str, Any]:
    """Every field of every request; a number that is absent is -1, which none can be but a temperature."""
    size = len(columns)
    found: dict[str, Any] = {"id": list(columns.ids), "tenant": columns.tenants}
    found["time"] = columns.times.tolist()
    for name in TEXTS + LABELS:
        found[name] = list(columns.texts.get(name, [None] * size))
    for name in [*COUNTS, "temperature", "logprobs", "signed_up", "flags"]:
        numbers = columns.numbers.get(name, np.full(size, np.nan))
        found[name] = np.nan_to_num(numbers, nan=0 if name == "flags" else -1).tolist()
    found["embedding"] = {place: list(map(float, row)) for place, row in columns.embeddings.items()}
    return found


def agree(values: Sequence[bytes | None]) -> None:
    events, places, failures, empty = one_by_one(values)
    decoded = decode_columns(values, LIMITS)
    assert (list(decoded.places), decoded.empty) == (places, empty)
    assert {place: str(error) for place, error in decoded.failures.items()} == failures
    assert list(decoded.failures) == sorted(failures)
    assert spelled_out(decoded.columns) == spelled_out(columns_of(events))


EDGES = [EARLIEST_MS - 1, EARLIEST_MS, LATEST_MS - 1, LATEST_MS, 2**31 - 1, 2**31, 10**11, -1, 0, 2.5]
EDGES += [-(2**63), 2**64 - 1, 3.0, -0.0, 1e300, 1_772_582_400.5, "x" * 100, "x" * 101, "x" * 256, "x" * 257]
EDGES += ["", "ä" * 128, "ä" * 129, "2026-03-04", "2026-03-04T00:00:00.123Z", "2026-13-04T00:00:00Z", [], {}]
EDGES += [None, True, False, ["a"], ["a", 1], [1, 2, 3, 4], [1, 2.5, 3, True], [1, 2, 3], [None] * 4, "64500"]
odd_fields = st.dictionaries(
    st.sampled_from(FIELDS),
    st.sampled_from(EDGES) | st.floats(-1e12, 1e13) | st.integers(-9, 10**13),
    max_size=3,
)
damaged = odd_fields.map(lambda odd: orjson.dumps({"id": "r", "time": TIME, "tenant": "t"} | odd))


@given(st.lists(st.none() | any_bytes | valid_records | damaged, max_size=12))
@settings(deadline=None, max_examples=100)
def test_a_batch_says_what_its_records_say_one_by_one(values: list[bytes | None]) -> None:
    agree(values)


@given(st.lists(damaged, max_size=6))
@settings(deadline=None, max_examples=300)
def test_a_wrong_or_odd_field_is_taken_as_in_a_record_by_itself(values: list[bytes]) -> None:
    agree(values)


@given(st.lists(valid_fields, min_size=1, max_size=6), st.data())
@settings(deadline=None, max_examples=200)
def test_bytes_changed_on_the_way_touch_their_record_alone(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    values = [bytearray(orjson.dumps(fields)) for fields in records]
    for value in values[::2]:
        for place in data.draw(st.lists(st.integers(0, len(value) - 1), min_size=1, max_size=4)):
            value[place] = data.draw(st.integers(0, 255))
    agree([bytes(value) for value in values])


@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=4))
@settings(deadline=None, max_examples=200)
def test_of_several_wrong_fields_the_same_is_named(
    fields: list[tuple[str, Any]],
) -> None:
    record = {"id": "r", "time": TIME, "tenant": "t"} | dict(fields)
    agree([GOOD, json.dumps(record).encode(), GOOD])


PIECES = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b'"',
    b":",
    b'"x":',
    b"\\",
    b" ",
    b"\n",
    b"1",
    FENCE,
    GOOD,
    b'"id":"q"',
]
PIECES += [b"," + FENCE + b",", GOOD[:-1], b'{"x":[', b"]}", FENCE + b".0", b"-", b"\xef\xbb\xbf", b"\xc3"]


@given(
    st.lists(
        st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join) | st.just(GOOD), min_size=2, max_size=6
    )
)
@settings(deadline=None, max_examples=500)
def test_records_cannot_lean_on_each_other(values: list[bytes]) -> None:
    agree(values)


@pytest.mark.parametrize(
    "values",
    [
        [GOOD + b"," + GOOD],
        [GOOD + b"," + GOOD, GOOD[:-1] + b',"x":[1', b"2]}"],
        [GOOD + b"," + FENCE + b"," + GOOD, GOOD[:-1] + b',"x":[1', b"2]}"],
        [GOOD + b",7218346501928374651.0," + GOOD, GOOD[:-1] + b',"x":[1', b"2]}"],
        [GOOD + b",7.218346501928374651e18," + GOOD, GOOD[:-1] + b',"x":[1', b"2]}"],
        [GOOD[:-1] + b',"x":"', b'"}'],
        [GOOD[:-1] + b',"x":"\\', b'"}', GOOD],
        [GOOD[:-1] + b',"x":"\xc3', b'\xa4"}'],
        [GOOD + b"]", b"[" + GOOD],
        [GOOD + b"," + FENCE + b"]", b"[" + FENCE + b"," + GOOD],
        [GOOD, b" ", GOOD],
        [GOOD, b"// a", GOOD],
        [b"\xef\xbb\xbf" + GOOD, GOOD],
        [GOOD, GOOD + b"\n", b"\t" + GOOD + b"\r\n", FENCE, b'{"n":' + FENCE + b"}"],
        [GOOD, GOOD[:-1] + b',"x":' + FENCE + b"}", b"{"],
        [GOOD[:-1] + b',"id":"first","id":"second"}', GOOD],
        [GOOD[:-1] + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}", GOOD],
        [GOOD[:-1] + b',"x":' + b"[" * 1023 + b"]" * 1023 + b"}", GOOD],
        [GOOD[:-1] + b',"x":' + b"[" * 1024 + b"]" * 1024 + b"}", GOOD],
    ],
)
def test_what_is_no_record_by_itself_is_none_among_others(values: list[bytes]) -> None:
    agree(values)
    agree([GOOD, *values, GOOD])


def test_a_broken_record_among_very_many_touches_none_of_them() -> None:
    values = [GOOD] * (3 * TOGETHER + 5)
    values[TOGETHER] = b'{"id":'
    decoded = decode_columns(values)
    assert list(decoded.failures) == [TOGETHER]
    assert list(decoded.places) == [place for place in range(len(values)) if place != TOGETHER]


def test_no_records_have_no_requests() -> None:
    assert len(decode_columns([]).columns) == len(columns_of([])) == 0
    assert decode_columns([None, b""]).empty == 2
