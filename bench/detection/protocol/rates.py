"""How many windows are alarmed, by the attacker's share, at thresholds from benign windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from bench.detection.peers.base import Floats, traffic_of
from bench.detection.peers.windows import Limits
from bench.detection.protocol.judges import TAILS, judges
from bench.detection.protocol.pairs import Pair

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Of the attacker; without any the false-positive rate is measured."""

LEVELS = (0.95, 0.995)
"""Shares of the benign windows below the threshold."""

SPLITS = 10
CALIBRATION = 2
"""Benign windows for the threshold to each window of the test."""


@dataclass(frozen=True, slots=True)
class Row:
    """The share of windows alarmed at each share of the attacker; `level` is missing for an own threshold."""

    detector: str
    pair: str
    size: int
    level: float | None
    rates: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Statistics of windows, and how strange the detector itself finds them, 1 at its own threshold."""

    statistics: Floats
    strangeness: Floats


def rows(pair: Pair, size: int, count: int) -> list[Row]:
    """Judge about `count` windows of each share; the thresholds come from splits that are not tested."""
    random = np.random.default_rng(crc32(f"{pair.name} {size}".encode()))
    each = max(1, count // SPLITS)
    benign = measure(pair, size, [0.0] * CALIBRATION * each, random)
    tested = measure(pair, size, [share for share in SHARES for _ in range(each)], random)
    found = []
    for name, measured in tested.items():
        for level in LEVELS:
            limits = Limits.of(benign[name].statistics, tails=TAILS[name], level=level)
            alarms = limits.strangeness(measured.statistics) > 1
            found.append(Row(name, pair.name, size, level, _rates(alarms)))
        found.append(Row(name, pair.name, size, None, _rates(measured.strangeness >= 1)))
    return found


def measure(
    pair: Pair, size: int, shares: Sequence[float], random: np.random.Generator
) -> dict[str, Measured]:
    """Let every detector see a window of each share, in split after split; ordered by split, then share."""
    statistics: dict[str, list[float]] = defaultdict(list)
    strangeness: dict[str, list[float]] = defaultdict(list)
    vectors = traffic_of(pair.queries).vectors
    for _ in range(SPLITS):
        split = pair.split(random)
        windows = [split.window(size, share, random) for share in shares]
        for name, judge in judges(pair, vectors, split, size, random).items():
            found = [judge.statistic(window) for window in windows]
            statistics[name] += found
            strangeness[name] += judge.limits.strangeness(np.array(found)).tolist()
    return {name: Measured(np.array(statistics[name]), np.array(strangeness[name])) for name in statistics}


def _rates(alarms: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[float, ...]:
    by_share = alarms.reshape(SPLITS, len(SHARES), -1).mean(axis=(0, 2))
    return tuple(float(rate) for rate in by_share)
