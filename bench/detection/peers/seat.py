"""Similar pairs in a window, after SEAT.

Zhang, Chen and Wagner (AISec 2021) count near-duplicates among an account's queries in an encoder's space.
Here, as in the comparison of arXiv 2606.05725: the share of pairs of a window whose cosine is above the 99th
percentile of the pairs of the reference; both tails are strange.
"""

from __future__ import annotations

import numpy as np

from bench.detection.peers.base import Floats, Rows
from bench.detection.peers.windows import drawn_windows

PERCENTILE = 99


class SimilarPairs:
    """The share of pairs that are more alike than nearly all pairs of the reference."""

    def __init__(self, reference: Rows, size: int, random: np.random.Generator) -> None:
        self._reference, self._size, self._random = reference, size, random
        cosines = (reference @ reference.T)[np.triu_indices(len(reference), 1)]
        # Where a hundredth of the pairs repeat each other, nothing could be above.
        self._alike = min(float(np.percentile(cosines, PERCENTILE)), 0.9999)

    def rows(self, vectors: Rows) -> Rows:
        """Take the embeddings as they are."""
        return vectors

    def of(self, window: Rows) -> float:
        """Return the share, 0 to 1."""
        count = len(window)
        alike = np.count_nonzero(window @ window.T > self._alike)
        own = np.count_nonzero((window**2).sum(axis=1) > self._alike)
        return (int(alike) - int(own)) / (count * (count - 1))

    def null(self) -> Floats:
        """Draw windows from the reference."""
        return drawn_windows(self._reference, self._size, self._random, self)
