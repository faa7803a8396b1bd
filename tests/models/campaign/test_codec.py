from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.campaign.fingerprint import (
    MOST_REQUESTS,
    MOST_WEAK,
    SECOND_MS,
    SLOTS,
    WEAK_DIGITS,
    Fingerprint,
    decode_fingerprint,
)
from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION
from tests.models.campaign.fleet import HARVEST, LATER, use

PRINT = use("acme", HARVEST, LATER, 4, signed_up=LATER - 5000, account=7, network=9, weak=0.5)
words = st.integers(0, 2**64 - 1)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_NAME_BYTES // 4)

moments = st.integers(EARLIEST_MS // SECOND_MS, LATEST_MS // SECOND_MS - 1).map(SECOND_MS.__mul__)


@st.composite
def fingerprints(draw: st.DrawFn) -> Fingerprint:
    since, joined, time = sorted(draw(st.tuples(moments, moments, moments)))
    count = draw(st.integers(1, MOST_REQUESTS))
    template = draw(words)
    place = draw(st.integers(0, MAX_PARTITION)), draw(st.integers(0, MAX_OFFSET))
    return Fingerprint(
        tenant=draw(names.filter(bool)),
        template=template,
        time=time + draw(st.integers(0, SECOND_MS - 1)),
        started=draw(moments.filter(lambda moment: moment <= time)),
        since=since,
        joined=joined,
        count=count,
        requests=draw(st.integers(count, MOST_REQUESTS)),
        slots=tuple(sorted(draw(st.sets(st.integers(0, 2**32 - 1), max_size=SLOTS)))),
        simhash=draw(words),
        network=draw(words),
        weak=round(draw(st.floats(0.0, MOST_WEAK)), WEAK_DIGITS),
        request=RequestRef(draw(names), "llm-requests", *place, f"{template:016x}"),
        account=draw(words),
        signed_up=draw(st.just(0) | moments),
    )


@given(fingerprints())
@settings(deadline=None)
def test_a_fingerprint_comes_back_as_it_was(fingerprint: Fingerprint) -> None:
    assert decode_fingerprint(fingerprint.encode()) == fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": ""},
        {"tenant": "a" * (MAX_NAME_BYTES + 1)},
        {"time": 0},
        {"time": EARLIEST_MS - 1},
        {"time": LATER - 1},
        {"started": 0},
        {"started": LATER + 1000},
        {"since": 0},
        {"since": LATER + 1000},
        {"joined": 0},
        {"joined": LATER + 1000},
        {"signed_up": 5000},
        {"count": 0},
        {"requests": 3},
        {"slots": (1, 2, 3, 4, 5)},
        {"weak": 2 * MOST_WEAK},
        {"request": replace(PRINT.request, request_id="r" * (MAX_NAME_BYTES + 1))},
        {"request": replace(PRINT.request, topic="t" * 300)},
        {"request": replace(PRINT.request, partition=2**31)},
        {"request": replace(PRINT.request, offset=-1)},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SnapshotError):
        decode_fingerprint(replace(PRINT, **changes).encode())


def test_what_breaks_off_or_goes_on_is_refused() -> None:
    value = PRINT.encode()
    for size in range(len(value)):
        with pytest.raises(SnapshotError):
            decode_fingerprint(value[:size])
    with pytest.raises(SnapshotError, match="longer"):
        decode_fingerprint(value + b"\0")


def test_another_version_is_refused() -> None:
    with pytest.raises(SnapshotError, match="not a fingerprint of version 1"):
        decode_fingerprint(b"\2" + PRINT.encode()[1:])


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_damage_is_noticed_or_harmless(data: st.DataObject) -> None:
    value = bytearray(PRINT.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = decode_fingerprint(bytes(value))
    except SnapshotError:
        return
    assert decode_fingerprint(read.encode()) == read


def test_an_account_is_as_old_as_the_source_says() -> None:
    assert replace(PRINT, signed_up=0).opened == PRINT.started
    assert PRINT.opened == LATER - 5000
    assert replace(PRINT, signed_up=LATER + 9000).opened == PRINT.joined
