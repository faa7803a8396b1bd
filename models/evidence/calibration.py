"""Conformal p-values of a tenant's own scores."""

from __future__ import annotations

from array import array
from itertools import accumulate, pairwise

import numpy as np

from models.codec import Reader, Writer
from models.errors import SnapshotError

BINS = 128
HALVE_AT = 4096


class Calibration:
    """A fixed-bin histogram of earlier scores that stands in for the scores themselves.

    It counts a tie, that is the same bin, against the request, so its p-value is never smaller than the
    conformal p-value of Vovk, Gammerman and Shafer (2005). The counts are halved at `HALVE_AT` scores, so
    that the past fades.

    Parameters
    ----------
    highest
        Scores run from 0 to this; what lies beyond falls into the last bin.
    """

    def __init__(self, highest: float) -> None:
        self._scale = BINS / highest
        self._counts = array("H", bytes(2 * BINS))
        self.total = 0

    def p_value(self, score: float) -> float:
        """Return (#{earlier bin >= bin} + 1) / (n + 1), above 0 and at most 1."""
        return (sum(self._counts[self._bin(score) :]) + 1) / (self.total + 1)

    def learn(self, score: float) -> None:
        """Count a score."""
        self._counts[self._bin(score)] += 1
        self.total += 1
        if self.total >= HALVE_AT:
            self._halve()

    def _halve(self) -> None:
        """Halve the number of scores above each bin's edge, rounded up, so that no tail becomes too thin."""
        above = list(accumulate(reversed(self._counts)))
        halves = [(count + 1) // 2 for count in above]
        self._counts = array("H", (high - low for low, high in pairwise((0, *halves))))
        self._counts.reverse()
        self.total = halves[-1]

    def _bin(self, score: float) -> int:
        place = int(score * self._scale)
        return place if place < BINS else BINS - 1

    def dump(self, out: Writer) -> None:
        """Write the counts."""
        out.array(np.array(self._counts))

    def load(self, source: Reader) -> None:
        """Read the counts."""
        self._counts = array("H", source.array(np.uint16, (BINS,)).tobytes())
        self.total = sum(self._counts)
        if self.total >= HALVE_AT:
            raise SnapshotError("the snapshot counts more scores than are ever kept")
