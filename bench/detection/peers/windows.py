"""Detectors that compare windows of requests with a reference, by the protocol of arXiv 2606.05725.

A threshold is a percentile of the statistic on benign windows drawn from the reference at random. On a
stream the reference is the tenant's own first requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

import numpy as np

from bench.detection.peers.base import WARMUP, Floats, Rows, Scores, Traffic, no_scores

LEVEL = 0.95
"""The percentile of the benign windows that is the published threshold."""

DRAWS = 200
_LEAST = 1e-9


class WindowStatistic(Protocol):
    """A number that a window of requests has against a reference, which the constructor takes."""

    def rows(self, vectors: Rows) -> Rows:
        """Prepare requests one by one, so that overlapping windows share the work."""
        ...

    def of(self, window: Rows) -> float:
        """Return the statistic of a window of prepared requests."""
        ...

    def null(self) -> Floats:
        """Return the statistic on benign windows drawn from the reference."""
        ...


Make = Callable[[Rows, int, np.random.Generator], WindowStatistic]
"""Takes the reference, the size of a window and where chance comes from."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which a benign window's statistic lies; `low` is missing where one tail alone is strange."""

    low: float | None
    middle: float
    high: float

    @classmethod
    def of(cls, benign: Floats, *, tails: int, level: float = LEVEL) -> Limits:
        """Take the limits from benign windows, of which the share of `level` shall lie within."""
        outside = (1.0 - level) / tails
        low = float(np.quantile(benign, outside)) if tails > 1 else None
        return cls(low, float(np.median(benign)), float(np.quantile(benign, 1.0 - outside)))

    def strangeness(self, statistics: Floats) -> Floats:
        """Return 0 at the middle and 1 at a limit."""
        above = (statistics - self.middle) / max(self.high - self.middle, _LEAST)
        if self.low is None:
            return above
        return np.maximum(above, (self.middle - statistics) / max(self.middle - self.low, _LEAST))


@dataclass(frozen=True, slots=True)
class WindowPeer:
    """A window statistic on a tenant's stream.

    Parameters
    ----------
    size
        Requests in a window.
    stride
        Requests from one window's end to the next one's.
    tails
        1 if only a high statistic is strange, 2 if a low one is as well.
    """

    name: str
    make: Make
    size: int
    stride: int
    tails: int

    def score(self, traffic: Traffic) -> Scores:
        """Score the windows that end at every `stride`-th request after the first `WARMUP`."""
        ends = np.arange(WARMUP + self.size, len(traffic.times) + 1, self.stride)
        if not ends.size:
            return no_scores()
        random = np.random.default_rng(crc32(self.name.encode()))
        statistic = self.make(traffic.vectors[:WARMUP], self.size, random)
        limits = Limits.of(statistic.null(), tails=self.tails)
        rows = statistic.rows(traffic.vectors)
        values = np.array([statistic.of(rows[end - self.size : end]) for end in ends])
        return Scores(ends - 1, limits.strangeness(values))


def drawn_windows(rows: Rows, size: int, random: np.random.Generator, statistic: WindowStatistic) -> Floats:
    """Return the statistic of random windows of prepared benign requests, of at most all of them."""
    size = min(size, len(rows))
    draws = (random.choice(len(rows), size, replace=False) for _ in range(DRAWS))
    return np.array([statistic.of(rows[draw]) for draw in draws])
