"""Novelty: how far a request lies from what this tenant has asked before."""

from __future__ import annotations

from math import log
from typing import ClassVar

import numpy as np

from models.codec import Reader, Writer
from models.signals.base import Signal
from models.signals.recall import Recall
from models.signals.reservoir import Reservoir
from models.sketch import Sketch

SHARPNESS = 20.0
MINIMUM = 32
"""Requests that must be known before a score means anything."""


class Novelty(Signal):
    """Negative log density of a request under a kernel estimate over earlier requests.

    The kernel is exp(k (cos - 1)) on the unit sphere (von Mises and Fisher). A request that repeats a recent
    one to the letter is not novel at all: a product that launches repeats itself soon, a harvest never does.
    """

    name: ClassVar[str] = "novelty"
    unit: ClassVar[str] = "nats of surprise among the tenant's earlier requests"
    highest: ClassVar[float] = SHARPNESS

    def __init__(self) -> None:
        self._reservoir = Reservoir()
        self._recall = Recall()

    def score_one(self, x: Sketch) -> float | None:
        """Return 0 to 2 * `SHARPNESS`; `None` without content or before `MINIMUM` requests."""
        if not x.embedding or self._reservoir.filled < MINIMUM:
            return None
        if x.whole in self._recall:
            return 0.0
        cosines = self._reservoir.cosines(np.frombuffer(x.embedding, np.int8))
        density = float(np.exp(SHARPNESS * (cosines - 1.0)).mean())
        return max(0.0, -log(density))

    def learn_one(self, x: Sketch) -> None:
        """Offer the request to the reservoir."""
        if x.embedding:
            self._reservoir.offer(np.frombuffer(x.embedding, np.int8))

    def observe_one(self, x: Sketch) -> None:
        """Remember the request to the letter."""
        if x.whole:
            self._recall.add(x.whole)

    def dump(self, out: Writer) -> None:
        """Write the reservoir and what is remembered."""
        self._reservoir.dump(out)
        self._recall.dump(out)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._reservoir.load(source)
        self._recall.load(source)
