"""Mean Mahalanobis distance of a window.

Squared distance to the mean of the reference under its covariance (Lee et al. 2018, equation 1, with one
class), shrunk after Ledoit and Wolf (2004, equation 14), as the reference is about as large as the
dimension. The covariance comes from one half of the reference and the null from the other.
"""

from __future__ import annotations

import numpy as np

from bench.detection.peers.base import Floats, Rows
from bench.detection.peers.windows import drawn_windows


class Mahalanobis:
    """The mean over a window of the squared distance to the reference."""

    def __init__(self, reference: Rows, size: int, random: np.random.Generator) -> None:
        learned, self._held_out = reference[::2], reference[1::2]
        self._size, self._random = size, random
        self._mean = learned.mean(axis=0)
        root = np.linalg.cholesky(np.linalg.inv(shrunk_covariance(learned)))
        self._whiten = root.astype(np.float32)

    def rows(self, vectors: Rows) -> Rows:
        """Return the squared distances, shape (requests, 1)."""
        white = (vectors - self._mean) @ self._whiten
        return np.asarray((white**2).sum(axis=1, keepdims=True), np.float32)

    def of(self, window: Rows) -> float:
        """Return the mean."""
        return float(window.mean())

    def null(self) -> Floats:
        """Draw windows from the half of the reference that the covariance has not seen."""
        return drawn_windows(self.rows(self._held_out), self._size, self._random, self)


def shrunk_covariance(vectors: Rows) -> Floats:
    """Return the covariance, moved towards a multiple of the identity by Ledoit and Wolf's share."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    count, dimensions = centred.shape
    sample = centred.T @ centred / count
    level = np.trace(sample) / dimensions
    target = level * np.eye(dimensions)
    distance = float(((sample - target) ** 2).sum())
    noise = float(((centred**2).sum(axis=1) ** 2).sum() / count - (sample**2).sum()) / count
    share = 1.0 if distance <= 0 else min(1.0, max(0.0, noise / distance))
    mixed: Floats = share * target + (1 - share) * sample + 1e-6 * np.eye(dimensions)
    return mixed
