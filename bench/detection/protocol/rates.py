"""How many windows are alarmed, by the attacker's share, at thresholds from benign windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from bench.detection.peers.base import traffic_of
from bench.detection.peers.windows import Limits
from bench.detection.protocol.judges import TAILS, judges
from bench.detection.protocol.pairs import Pair

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Of the attacker; without any the false-positive rate is measured."""

LEVELS = (0.95, 0.995)
"""Shares of the benign windows below the threshold."""

SPLITS = 25
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

    statistics: list[float] = field(default_factory=list)
    strangeness: list[float] = field(default_factory=list)


def rows(pair: Pair, size: int, count: int) -> list[Row]:
    """Judge about `count` windows of each share; the thresholds come from splits that are not tested."""
    random = np.random.default_rng(crc32(f"{pair.name} {size}".encode()))
    each = max(1, count // SPLITS)
    benign = measure(pair, size, [0.0] * CALIBRATION * each, random, own=False)
    tested = measure(pair, size, [share for share in SHARES for _ in range(each)], random, own=True)
    found = []
    for name, measured in tested.items():
        for level in LEVELS:
            limits = Limits.of(np.array(benign[name].statistics), tails=TAILS[name], level=level)
            alarms = limits.strangeness(np.array(measured.statistics)) > 1
            found.append(Row(name, pair.name, size, level, _rates(alarms)))
        found.append(Row(name, pair.name, size, None, _rates(np.array(measured.strangeness) >= 1)))
    return found


def measure(
    pair: Pair, size: int, shares: Sequence[float], random: np.random.Generator, *, own: bool
) -> dict[str, Measured]:
    """Let every detector see a window of each share, in split after split; ordered by split, then share.

    Parameters
    ----------
    own
        Also ask how strange the detectors themselves find the windows, which takes as long again.
    """
    measured: dict[str, Measured] = defaultdict(Measured)
    vectors = traffic_of(pair.queries).vectors
    for _ in range(SPLITS):
        split = pair.split(random)
        windows = [split.window(size, share, random) for share in shares]
        for name, judge in judges(pair, vectors, split, size, random).items():
            found = [judge.statistic(window) for window in windows]
            measured[name].statistics.extend(found)
            if own:
                measured[name].strangeness.extend(judge.limits().strangeness(np.array(found)).tolist())
    return dict(measured)


def _rates(alarms: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[float, ...]:
    by_share = alarms.reshape(SPLITS, len(SHARES), -1).mean(axis=(0, 2))
    return tuple(float(rate) for rate in by_share)
