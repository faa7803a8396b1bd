"""What every peer sees of a tenant, and what it answers: a score a request, 1 at its published threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.embedding import DIMENSIONS
from models.sketch import Sketch

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]
"""Shape (requests, dimensions)."""

WARMUP = 500
"""The first requests of a tenant, from which a peer learns what is usual."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of one tenant in the order of their arrival.

    Parameters
    ----------
    times
        Unix milliseconds, never falling.
    vectors
        Embeddings of length 1, shape (requests, 256); zeros where there was no content.
    """

    sketches: Sequence[Sketch]
    times: NDArray[np.int64]
    vectors: Rows


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores at some of a tenant's requests; 1 is the published threshold, more is stranger.

    Parameters
    ----------
    places
        Which requests were scored, counted from 0.
    """

    places: NDArray[np.int64]
    values: Floats


class Peer(Protocol):
    """A detector that looks at one tenant at a time."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def score(self, traffic: Traffic) -> Scores:
        """Score a tenant's requests; a score depends on nothing that comes later."""
        ...


def traffic_of(sketches: Sequence[Sketch]) -> Traffic:
    """Put the requests of one tenant into columns."""
    times = np.maximum.accumulate(np.array([sketch.time for sketch in sketches], np.int64))
    nothing = bytes(DIMENSIONS)
    body = b"".join(sketch.embedding or nothing for sketch in sketches)
    vectors = np.frombuffer(body, np.int8).reshape(-1, DIMENSIONS).astype(np.float32)
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return Traffic(sketches, times, vectors / np.maximum(lengths, 1.0))


def no_scores() -> Scores:
    """What a peer says of a tenant of whom it knows too little."""
    return Scores(np.empty(0, np.int64), np.empty(0))
