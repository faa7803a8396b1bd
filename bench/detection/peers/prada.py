"""PRADA asks whether the distances to the nearest earlier query are normally distributed.

Juuti et al. (EuroS&P 2019, algorithm 3) and its authors' code: the distance of each query to a growing set,
which the query joins if that distance is above a threshold; the Shapiro-Wilk statistic W of the distances,
without outliers beyond three standard deviations, every ten queries once there are more than 100; an alarm
where W is below delta. A tenant is taken as one class. The set and the distances are bounded to the
newest, which the original does not do. `NearestDistances` is the same idea in a window (arXiv 2606.05725),
with both tails.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import shapiro  # type: ignore[import-untyped]

from bench.detection.peers.base import Floats, Rows, Scores, Traffic
from bench.detection.peers.windows import drawn_windows

DELTA = 0.9
SET = 1000
DISTANCES = 1000
EVERY = 10
LEAST = 100
_OUTLIER = 3.0


@dataclass(frozen=True, slots=True)
class Prada:
    """The published detector on a tenant's stream."""

    name: str = "PRADA"

    def score(self, traffic: Traffic) -> Scores:
        """Score every tenth request by how far W lies below 1, in units of 1 - delta."""
        recent: deque[float] = deque(maxlen=DISTANCES)
        places, values = [], []
        for place, distance in enumerate(growing_set_distances(traffic.vectors)):
            recent.append(distance)
            if (place + 1) % EVERY == 0 and (w := normality(np.array(recent), LEAST)) is not None:
                places.append(place)
                values.append((1 - w) / (1 - DELTA))
        return Scores(np.array(places, np.int64), np.array(values))


class NearestDistances:
    """W of the distances of a window's requests to their nearest neighbours in it."""

    def __init__(self, reference: Rows, size: int, random: np.random.Generator) -> None:
        self._reference, self._size, self._random = reference, size, random

    def rows(self, vectors: Rows) -> Rows:
        """Take the embeddings as they are."""
        return vectors

    def of(self, window: Rows) -> float:
        """Return 1 - W, 0 for normally distributed distances; 1 if they are all alike."""
        cosines = window @ window.T
        np.fill_diagonal(cosines, -1.0)
        w = normality(_distance(cosines.max(axis=1)), 2)
        return 1.0 if w is None else 1.0 - w

    def null(self) -> Floats:
        """Draw windows from the reference."""
        return drawn_windows(self._reference, self._size, self._random, self)


def growing_set_distances(vectors: Rows) -> list[float]:
    """Return the distance of each request to the growing set; that of the first is 0."""
    kept = np.zeros((SET, vectors.shape[1]), np.float32)
    size, threshold, total, squares = 0, 0.0, 0.0, 0.0
    found: list[float] = []
    for vector in vectors:
        cosines = kept[: min(size, SET)] @ vector
        distance = float(_distance(cosines.max())) if size else 0.0
        found.append(distance)
        if size == 0 or distance > threshold:
            kept[size % SET] = vector
            size += 1
            total, squares = total + distance, squares + distance**2
            mean = total / size
            threshold = max(threshold, mean - sqrt(max(0.0, squares / size - mean**2)))
    return found


def normality(distances: Floats, least: int) -> float | None:
    """Return the Shapiro-Wilk statistic without outliers, or nothing of `least` distances or fewer."""
    deviation = distances.std()
    if len(distances) <= least or deviation <= 1e-6:  # noqa: PLR2004  equal up to rounding
        return None
    inside = distances[np.abs(distances - distances.mean()) <= _OUTLIER * deviation]
    return float(shapiro(inside).statistic) if len(inside) > least and np.ptp(inside) > 0 else None


def _distance(cosines: Rows) -> Floats:
    return np.asarray(np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines)), np.float64)
