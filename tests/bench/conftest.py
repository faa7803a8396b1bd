"""A synthetic tenant for the peers: usual requests about ten topics, then something else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.detection.peers.base import Traffic, traffic_of
from models.embedding import DIMENSIONS, Vectors, quantise
from models.sketch import Origin, Sketch

START_MS = 1_772_582_400_000
TOPICS = 10
NOISE = 0.6


class Requests:
    """Makes vectors and requests from seeded numbers."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._centres = self._random.standard_normal((TOPICS, DIMENSIONS))

    def usual(self, count: int) -> Vectors:
        """Requests on ten topics."""
        centres = self._centres[self._random.integers(0, TOPICS, count)]
        return self._noisy(centres)

    def narrow(self, count: int) -> Vectors:
        """Requests on one topic, of a new kind, all much alike."""
        return self._noisy(np.tile(self._random.standard_normal(DIMENSIONS), (count, 1)), NOISE / 4)

    def foreign(self, count: int) -> Vectors:
        """Requests on ten other topics."""
        centres = self._random.standard_normal((TOPICS, DIMENSIONS))
        return self._noisy(centres[self._random.integers(0, TOPICS, count)])

    def _noisy(self, centres: np.ndarray, noise: float = NOISE) -> Vectors:
        return quantise((centres + noise * self._random.standard_normal(centres.shape)).astype(np.float32))


@pytest.fixture
def requests() -> Requests:
    return Requests(seed=3)


@pytest.fixture
def traffic() -> Callable[..., Traffic]:
    def make(vectors: Vectors, gap_ms: int | np.ndarray = 60_000, **fields: int) -> Traffic:
        times = START_MS + np.cumsum(np.broadcast_to(gap_ms, len(vectors)))
        return traffic_of(
            [
                Sketch(
                    id=f"r{number}",
                    tenant="acme",
                    time=int(time),
                    origin=Origin("world", 0, number),
                    embedding=vector.tobytes(),
                    **fields,
                )
                for number, (time, vector) in enumerate(zip(times, vectors, strict=True))
            ]
        )

    return make
