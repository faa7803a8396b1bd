"""Tenants whose state is worth damaging, and requests that a restored tenant must be able to judge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from struct import Struct
from typing import Any
from unittest.mock import patch

import numpy as np

from models import state, tenant
from models.codec import Reader
from models.config import DetectorConfig
from models.core.layout import NUMBERS, TABLES
from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS
from models.sketch import Sketch
from models.tenant import TenantModel
from streams.ocsf import to_record
from tests.models.conftest import HOUR_MS, Traffic

CONFIG = DetectorConfig(
    warmup_requests=50, block_requests=5, entropy_block_requests=10, least_threshold=10.0, quiet_hours=720.0
)
YOUNG, KNOWN, HARVESTED = 5, 400, 200
USUAL, STRANGE = 12, 9


@cache
def bodies() -> tuple[bytes, ...]:
    """Return the states of a new tenant, a young one, a known one and one with an open episode."""
    traffic = Traffic(seed=3)
    model = TenantModel(traffic.tenant, CONFIG)
    stages = [[], traffic.usual(YOUNG), traffic.varied(KNOWN), traffic.harvest(HARVESTED)]
    return tuple(_after(model, requests) for requests in stages)


def _after(model: TenantModel, requests: list[Sketch]) -> bytes:
    for x in _templated(requests):
        model.apply(x)
    return model.dump()


def _templated(requests: list[Sketch]) -> list[Sketch]:
    """Let prompts begin and end in ways of which some come again."""
    numbered = enumerate(requests, 1)
    return [replace(x, heads=(n, n % 3, n % 40, 0), tails=(n, n, n % 11, n)) for n, x in numbered]


@cache
def requests() -> tuple[Sketch, ...]:
    """Return requests of every kind, and some at the very ends of what a sketch may say."""
    traffic = Traffic(seed=4)
    traffic.now += 9 * 24 * HOUR_MS
    usual, strange = traffic.usual(USUAL), traffic.varied(STRANGE)
    largest: dict[str, Any] = dict.fromkeys(
        ("chars", "input_tokens", "output_tokens", "max_tokens", "turn", "n"), 2**31 - 1
    )
    ends = [
        replace(usual[0], time=EARLIEST_MS, embedding=b"\x80" * 256),
        replace(usual[1], time=LATEST_MS - 1, id="r" * 256, temperature=1000.0, flags=1, **largest),
        replace(usual[2], time=LATEST_MS - 1, embedding=b"\1" + bytes(255), whole=2**64 - 1, finish=-1),
    ]
    return tuple(_templated([*usual, *strange, *traffic.harvest(STRANGE), *ends]))


def restored(body: bytes) -> TenantModel:
    """Return a tenant with this state."""
    model = TenantModel("acme", CONFIG)
    model.load(body)
    return model


def used(model: TenantModel) -> bytes:
    """Have a tenant judge requests and write what it says; return its state after them."""
    for x in requests():
        for finding in model.apply(x):
            to_record(finding)
    body = model.dump()
    for finding in model.expire(LATEST_MS):
        to_record(finding)
    return body


def places(body: bytes) -> list[tuple[int, int]]:
    """Return where the values of a state begin and how many bytes each has, up to one that is refused."""
    spies: list[_Spy] = []

    def spy(data: bytes) -> _Spy:
        spies.append(_Spy(data))
        return spies[-1]

    with patch.object(tenant, "Reader", spy), suppress(SnapshotError):
        restored(body)
    return spies[0].places


class _Spy(Reader):
    """Notes where each value stood."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.places: list[tuple[int, int]] = []

    def _unpack(self, form: Struct) -> int | float:
        at, value = self._at, super()._unpack(form)
        self.places.append((at, form.size))
        return value

    def _take(self, size: int) -> bytes:
        at, part = self._at, super()._take(size)
        self.places.append((at, size))
        return part


def distorted(body: bytes) -> Iterator[bytes]:
    """Yield the state with one of its fields, or one item of a table, at every extreme of its type."""
    model = restored(body)
    whole = model.state.copy()
    rest = body[len(state.dump(whole)) :]
    for name in (*NUMBERS, *TABLES):
        for value in _extremes_of(whole[name].dtype):
            changed = whole.copy()
            if changed[name].ndim:
                changed[name].reshape(-1)[-1] = value
                changed[name].reshape(-1)[0] = value
            else:
                changed[name] = value
            yield state.dump(changed) + rest


def _extremes_of(kind: np.dtype[Any]) -> Iterator[Any]:
    numbers = _REALS if kind.kind == "f" else _INTEGERS
    with np.errstate(over="ignore"):
        for number in numbers:
            if kind.kind == "f" or np.iinfo(kind).min <= number <= np.iinfo(kind).max:
                yield np.array(number).astype(kind)
    if kind.kind != "f":
        yield np.iinfo(kind).max


_INTEGER, _REAL, _SIZE = Struct("<q"), Struct("<d"), Struct("<I")
_INTEGERS = (
    0,
    1,
    2,
    127,
    2**16,
    2**31,
    2**53,
    2**53 + 1,
    2**63 - 1,
    -1,
    -(2**63),
    EARLIEST_MS,
    LATEST_MS - 1,
)
_REALS = (*map(float, ("nan", "inf", "-inf")), 1e308, -1e308, 5e-324, -0.0, 1e12, 1e30, 40.0, 100.0, -100.0)
_SIZES = (0, 1, 2**31, 2**32 - 1)


def extremes(size: int) -> Iterator[bytes]:
    """Yield what may stand in the place of a value of so many bytes, the extremes of every type."""
    if size == _INTEGER.size:
        yield from map(_INTEGER.pack, _INTEGERS)
        yield from map(_REAL.pack, _REALS)
    elif size == _SIZE.size:
        yield from map(_SIZE.pack, _SIZES)
    elif size:
        yield from (bytes([fill]) * size for fill in (0x00, 0x01, 0x7F, 0x80, 0xFF))
