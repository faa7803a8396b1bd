"""The three forms of a time, and what is none of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS
from models.native import decode_native

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.integers(EARLIEST_MS, LATEST_MS - 1)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def decoded(time: bytes) -> int | None:
    """The time of an event, or nothing where it was refused."""
    try:
        event = decode_native(b'{"id":"r","tenant":"t","time":' + time + b"}")
    except DecodeError:
        return None
    assert event is not None
    return event.time


@given(moments, offsets)
@settings(deadline=None)
def test_the_three_forms_of_a_time_agree(moment: int, minutes: int) -> None:
    local = (EPOCH + timedelta(milliseconds=moment)).astimezone(timezone(timedelta(minutes=minutes)))
    assert decoded(b"%d" % moment) == moment
    assert decoded(b"%d.%03d" % divmod(moment, 1000)) == moment
    assert decoded(orjson.dumps(local.isoformat())) == moment


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.datetimes().map(str)
)
@settings(deadline=None, max_examples=300)
def test_any_other_time_is_refused_or_within_the_years_2000_to_2100(value: object) -> None:
    written = str(value).encode() if isinstance(value, int | float) else orjson.dumps(value)
    time = decoded(written)
    assert time is None or EARLIEST_MS <= time < LATEST_MS


@pytest.mark.parametrize(
    "time",
    [
        b"-0.0",
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b"NaN",
        b"Infinity",
        b"true",
        b"[1772582400000]",
        b'{"$date":1772582400000}',
        b'"1772582400000"',
        b'"2026-03-04"',
        b'"2026-03-04T00:00:00"',
        b'"0001-01-01T00:00:00+23:59"',
        b'"9999-12-31T23:59:59-23:59"',
        b'"2026-03-04T00:00:00+24:00"',
        b'"2026-W10-3T00:00:00Z' + b"0" * 5000 + b'"',
        b'"\\ud800"',
        b'"\\u0000"',
    ],
)
def test_a_time_of_no_form_is_refused(time: bytes) -> None:
    assert decoded(time) is None
