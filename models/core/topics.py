"""Topic entropy: how widely a tenant's requests spread, against how widely they used to, on both tails.

A topic is one of `TOPICS` cells of the embedding space, cut by random hyperplanes (Charikar 2002), or the
label that the source gives. The entropy of the last `WINDOW` requests is log n - sum(c log c) / n, kept by
its increments. Its score is in deviations from the usual level.
"""

from __future__ import annotations

from math import log

import numpy as np

from models.compiled import compiled
from models.core import running
from models.core.kinds import Real, Record, Whole

WINDOW = 128
TOPICS = 64
FADING = 0.002
LEAST_DEVIATION = 0.05
"""Nats; below it a change of the entropy is not worth a word."""

# Whole numbers, so that adding and taking away leaves no error behind.
_UNIT = 2.0**-40
_TERMS = np.array([0] + [round(count * log(count) / _UNIT) for count in range(1, WINDOW + 2)])


@compiled
def topic(x: Record) -> Whole:
    """Return the request's topic, -1 where it has none."""
    if x.topic:
        return np.int64(x.topic % np.uint64(TOPICS))
    return np.int64(x.simhash % np.uint64(TOPICS)) if x.embedded else -1


@compiled
def score(s: Record, x: Record) -> Real:
    """Return the deviations, 0 or more; -1 without content or before the window is full twice."""
    here = topic(x)
    if here < 0 or s.topics_seen < 2 * WINDOW:
        return -1.0
    leaving = np.int64(s.window[s.topics_seen % WINDOW])
    change = 0 if leaving == here else _step(s, leaving, -1) + _step(s, here, 1)
    found = _entropy(s.terms + change, WINDOW)
    usual = running.deviation(s.topics_mean, s.topics_squares)
    return abs(found - s.topics_mean) / max(LEAST_DEVIATION, usual)


@compiled
def learn(s: Record, x: Record) -> None:
    """Take the window's entropy into the usual level, once the window is full."""
    if topic(x) >= 0 and s.topics_seen >= WINDOW:
        value, known = entropy(s), s.topics_known > 0
        s.topics_mean = running.ew(s.topics_mean, value, FADING, known)
        s.topics_squares = running.ew(s.topics_squares, value * value, FADING, known)
        s.topics_known = 1


@compiled
def observe(s: Record, x: Record) -> None:
    """Move the window on."""
    here = topic(x)
    if here < 0:
        return
    place = s.topics_seen % WINDOW
    if s.topics_seen >= WINDOW:
        _move(s, np.int64(s.window[place]), -1)
    s.window[place] = here
    _move(s, here, 1)
    s.topics_seen += 1


@compiled
def entropy(s: Record) -> Real:
    """Entropy of the topics in the window, in nats, 0 to log `TOPICS`."""
    return _entropy(s.terms, min(s.topics_seen, WINDOW)) if s.topics_seen else 0.0


@compiled
def recount(s: Record) -> None:
    """Count the topics of a window that was read."""
    s.terms = 0
    for here in range(TOPICS):
        s.topic_counts[here] = 0
    for place in range(min(s.topics_seen, WINDOW)):
        _move(s, np.int64(s.window[place]), 1)


@compiled
def _step(s: Record, here: Whole, change: Whole) -> Whole:
    count = np.int64(s.topic_counts[here])
    return _TERMS[count + change] - _TERMS[count]


@compiled
def _move(s: Record, here: Whole, change: Whole) -> None:
    s.terms += _step(s, here, change)
    s.topic_counts[here] += change


@compiled
def _entropy(terms: Whole, total: Whole) -> Real:
    return log(total) - terms * _UNIT / total
