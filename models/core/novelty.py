"""Novelty: how far a request lies from what this tenant has asked before.

The score is the negative log density under a kernel estimate over earlier requests; the kernel is exp(k (cos
- 1)) on the unit sphere (von Mises and Fisher). A request that repeats a recent one to the letter is not
novel at all: a product that launches repeats itself soon, a harvest never does.
"""

from __future__ import annotations

from math import log

from models.compiled import compiled
from models.core import recall, reservoir
from models.core.kinds import Real, Record, Table

SHARPNESS = 20.0
MINIMUM = 32
"""Requests that must be known before a score means anything."""

_THINNEST = 1e-300


@compiled
def score(s: Record, x: Record, planes: Table, kernels: Table) -> Real:
    """Return 0 or more nats; -1 without content or before `MINIMUM` requests.

    Writes nothing but `planes` and `kernels`, see `reservoir.density`.
    """
    if not x.embedded or s.filled < MINIMUM:
        return -1.0
    if recall.holds(s.recall, x.whole):
        return 0.0
    found = reservoir.density(s, x.embedding, planes, kernels, SHARPNESS)
    return max(0.0, -log(max(_THINNEST, found)))


@compiled
def learn(s: Record, x: Record) -> None:
    """Offer the request to the reservoir."""
    if x.embedded:
        reservoir.offer(s, x.embedding)


@compiled
def observe(s: Record, x: Record) -> None:
    """Remember the request to the letter."""
    if x.whole:
        recall.add(s.recall, x.whole)
