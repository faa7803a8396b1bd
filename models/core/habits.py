"""Habits: how often a tenant's requests have each of some plain traits, of late against usually.

A single request of a harvest may be one that the tenant could have sent. Many together are not: answers are
longer than usual more often than usual, and hardly one goes on with a conversation. Each
trait is yes or no. The score is the root mean square of the traits' deviations: the faded share of late
against the usual one, in standard deviations of the former if requests were independent. They are not, so
that the score is calibrated against the tenant's own like every other.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from models.compiled import compiled
from models.core import shape
from models.core.kinds import Real, Record, Table

THRESHOLDS = np.array([16, 64, 256, 1024])
"""Of tokens of an answer, characters of a prompt and tokens beside it: one trait each, in this order."""

STEPS = len(THRESHOLDS)
TRAITS = 3 * STEPS + 4
FADING = 0.03
"""Of the shares of late: about the last 33 requests."""

USUAL_FADING = 0.002
MINIMUM = 128
"""Requests that must be known before a score means anything."""

_SMOOTHING = 0.02  # of a share's variance, so that a trait that never occurs may occur


@compiled
def traits(x: Record, found: Table) -> None:
    """Write which traits a request has: `TRAITS` numbers, 0 or 1."""
    beside = shape.overhead(x)
    for step in range(STEPS):
        found[step] = x.output_tokens > THRESHOLDS[step]
        found[STEPS + step] = x.chars > THRESHOLDS[step]
        found[2 * STEPS + step] = beside > THRESHOLDS[step]
    rest = 3 * STEPS
    found[rest] = x.turn <= 0
    found[rest + 1] = x.principal != 0
    found[rest + 2] = x.conversation != 0
    found[rest + 3] = x.finish == shape.LENGTH


@compiled
def score(s: Record, found: Table) -> Real:
    """Return the deviation, 0 or more; -1 before `MINIMUM` requests."""
    if s.habits_seen < MINIMUM:
        return -1.0
    total = 0.0
    for trait in range(TRAITS):
        late = s.habits_recent[trait] + FADING * (found[trait] - s.habits_recent[trait])
        usual = s.habits_usual[trait]
        variance = (usual * (1.0 - usual) + _SMOOTHING) * FADING / 2.0
        total += (late - usual) ** 2 / variance
    return sqrt(total / TRAITS)


@compiled
def learn(s: Record) -> None:
    """Take the shares of late into the usual ones."""
    weight = max(USUAL_FADING, 1.0 / (s.habits_seen + 1.0))
    for trait in range(TRAITS):
        s.habits_usual[trait] += weight * (s.habits_recent[trait] - s.habits_usual[trait])


@compiled
def observe(s: Record, found: Table) -> None:
    """Take a request into the shares of late."""
    weight = max(FADING, 1.0 / (s.habits_seen + 1.0))
    for trait in range(TRAITS):
        s.habits_recent[trait] += weight * (found[trait] - s.habits_recent[trait])
    s.habits_seen += 1
