"""Maximum mean discrepancy of a window, with random Fourier features.

The detector of arXiv 2606.05725: unbiased squared MMD (Gretton et al. 2012, equation 3) under the mean of
four Gaussian kernels whose widths are 0.5, 1, 2 and 4 times the median distance in the reference; a window's
statistic is its mean over 20 batches of the reference; the null is 1,000 draws of two disjoint batches. The
kernels are approximated by random Fourier features (Rahimi and Recht 2007), which makes a window's cost
linear. A batch holds as many requests as a window and at most half of the reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.detection.peers.base import Floats, Rows

WIDTHS = (0.5, 1.0, 2.0, 4.0)
FREQUENCIES = 64
"""Of each kernel; each gives a cosine and a sine."""

BATCHES = 20
NULL_DRAWS = 1000
_SAMPLE = 200


class MaximumMeanDiscrepancy:
    """Squared MMD between a window and the reference."""

    def __init__(self, reference: Rows, size: int, random: np.random.Generator) -> None:
        waves = random.standard_normal((reference.shape[1], len(WIDTHS) * FREQUENCIES))
        widths = np.repeat(WIDTHS, FREQUENCIES) * median_distance(reference[:_SAMPLE])
        self._waves = (waves / widths).astype(np.float32)
        self._random = random
        self._reference = self.rows(reference)
        self._batch = min(size, len(reference) // 2)
        batches = [self._half(random.permutation(len(reference))) for _ in range(BATCHES)]
        self._mean = np.mean([batch.mean(axis=0) for batch in batches], axis=0)
        self._within = float(np.mean([_within(batch) for batch in batches]))

    def rows(self, vectors: Rows) -> Rows:
        """Map requests to features whose inner products are the kernel."""
        angles = vectors @ self._waves
        scale = np.float32(1 / np.sqrt(self._waves.shape[1]))
        return np.hstack([np.cos(angles), np.sin(angles)]) * scale

    def of(self, window: Rows) -> float:
        """Return the squared MMD, the mean over the batches."""
        return _within(window) + self._within - 2 * float(window.mean(axis=0) @ self._mean)

    def null(self) -> Floats:
        """Compare pairs of disjoint batches of the reference."""
        return np.array([self._null() for _ in range(NULL_DRAWS)])

    def _null(self) -> float:
        order = self._random.permutation(len(self._reference))
        one, other = self._half(order), self._half(order[::-1])
        return _within(one) + _within(other) - 2 * float(one.mean(axis=0) @ other.mean(axis=0))

    def _half(self, order: NDArray[np.int64]) -> Rows:
        return self._reference[order[: self._batch]]


def median_distance(vectors: Rows) -> float:
    """Return the median distance between two different requests, at least a small number."""
    squares = (vectors**2).sum(axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * (vectors @ vectors.T)
    above = distances[np.triu_indices(len(vectors), 1)]
    return max(1e-3, float(np.sqrt(np.median(np.maximum(above, 0.0)))))


def _within(rows: Rows) -> float:
    """Return the mean kernel between different requests of one window; each row's length is 1."""
    total = rows.sum(axis=0)
    return (float(total @ total) - len(rows)) / (len(rows) * (len(rows) - 1))
