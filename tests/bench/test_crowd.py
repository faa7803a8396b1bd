"""A crowd asks as often and as evenly as it says, in sketches that detect understands."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.crowd import Crowd
from models.core.layout import REQUEST
from models.requests import Requests, decode_table
from models.sketch import Origin, Sketch, encode_sketch

START, GAP = 1_772_582_400_000, 60_000
NAMES = [f"tenant-{number}".encode() for number in range(700)]


@pytest.fixture(scope="module")
def rows() -> NDArray[Any]:
    """Three requests to draw from."""
    sketches = [Sketch(f"r{n}", "t", START, Origin("bench", 0, 0), whole=n) for n in (1, 2, 3)]
    return np.frombuffer(b"".join(encode_sketch(x)[: REQUEST.itemsize] for x in sketches), REQUEST)


def table(records: list[tuple[bytes, bytes]]) -> Requests:
    """The requests of records, all of which are understood."""
    requests, _, failures = decode_table([key for key, _ in records], [value for _, value in records])
    assert failures == {}
    return requests


def test_each_asks_once_a_round_in_an_order_drawn_anew(rows: NDArray[Any]) -> None:
    crowd = Crowd(NAMES, rows, start=START, gap=GAP)
    first, second = (table(list(crowd.round())).tenants for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(name.decode() for name in NAMES)
    assert first != second


def test_a_tenant_asks_again_after_the_gap_and_moments_are_spread_over_it(rows: NDArray[Any]) -> None:
    crowd = Crowd(NAMES, rows, start=START, gap=GAP)
    times: dict[str, list[int]] = {}
    for _ in range(3):
        asked = table(list(crowd.round()))
        for tenant, time in zip(asked.tenants, asked.rows["time"].tolist(), strict=True):
            times.setdefault(tenant, []).append(time)
    assert {b - a for each in times.values() for a, b in pairwise(each)} == {GAP}
    firsts = sorted(each[0] - START for each in times.values())
    assert firsts[0] == GAP
    assert firsts[-1] < 2 * GAP
    assert max(np.diff(firsts)) <= GAP // len(NAMES) + 1


def test_source_offsets_rise_and_ids_differ(rows: NDArray[Any]) -> None:
    crowd = Crowd(NAMES, rows, start=START, gap=GAP)
    asked = table(list(islice(crowd.rounds(), 2_000)))
    assert asked.rows["offset"].tolist() == list(range(1, 2_001))
    assert len({asked.id(place) for place in range(2_000)}) == 2_000
    assert set(asked.rows["whole"].tolist()) == {1, 2, 3}


def test_some_may_ask_alone(rows: NDArray[Any]) -> None:
    crowd = Crowd(NAMES, rows, start=START, gap=GAP)
    assert sorted(key for key, _ in crowd.round(range(5, 8))) == NAMES[5:8]
