"""A record of the scores topic as the console draws it."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from models.errors import DecodeError
from models.event import LATEST_MS, MAX_NAME_BYTES

MOST_SIGNALS = 16
NOT_A_SCORE = "not_a_score"
LARGEST = 3e38
"""What a number of single precision holds."""


@dataclass(frozen=True, slots=True)
class SignalPoint:
    """What one signal observed and expected; `evidence` as a share of the threshold."""

    observed: float
    expected: float
    evidence: float


@dataclass(frozen=True, slots=True)
class Point:
    """How a tenant stood at the end of an interval.

    Parameters
    ----------
    time
        Event time in Unix milliseconds.
    excess
        The evidence as a multiple of the threshold, 0 or more.
    """

    time: int
    requests: int
    state: str
    excess: float
    content_seen: bool
    names: tuple[str, ...]
    numbers: array[float]
    """Observed, expected and evidence of each signal in turn, in single precision: many of them are kept."""

    def signal(self, name: str) -> SignalPoint | None:
        """Return what a signal saw; nothing where it is not among them."""
        if name not in self.names:
            return None
        place = 3 * self.names.index(name)
        return SignalPoint(*self.numbers[place : place + 3])


def read_score(value: bytes | None) -> tuple[str, Point]:
    """Read the value of a record: the tenant, and how it stood.

    Raises
    ------
    DecodeError
        It is not a score of ours (`not_a_score`).
    """
    try:
        return _read(orjson.loads(value or b""))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DecodeError(NOT_A_SCORE, "the record is not a score of distillwatch") from None


def _read(record: dict[str, Any]) -> tuple[str, Point]:
    tenant, time = record["tenant"], record["time"]
    if not isinstance(tenant, str) or len(tenant.encode()) > MAX_NAME_BYTES or not 0 <= time < LATEST_MS:
        raise ValueError
    signals = dict(list(record["signals"].items())[:MOST_SIGNALS])
    numbers = array("f")
    for reading in signals.values():
        numbers.extend(_single(reading[name]) for name in ("observed", "expected", "evidence"))
    threshold = float(record["threshold"])
    point = Point(
        time=int(time),
        requests=int(record["requests"]),
        state=sys.intern(str(record["state"])[:16]),
        excess=max(0.0, _single(float(record["evidence"]) / threshold)) if threshold > 0 else 0.0,
        content_seen=bool(record.get("content_seen", True)),
        names=_interned(tuple(signals)),
        numbers=numbers,
    )
    return tenant, point


_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
_MOST_NAMES = 256


def _interned(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one and the same tuple for equal names: nearly all records have the same ones."""
    if len(_NAMES) < _MOST_NAMES:
        return _NAMES.setdefault(names, names)
    return _NAMES.get(names, names)


def _single(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not isfinite(number):
        raise ValueError
    return max(-LARGEST, min(LARGEST, number))
