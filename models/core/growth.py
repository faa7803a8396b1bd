"""Growth: whether what a tenant asks stays new for ever.

Two yes-or-no questions of a request. Slots: is the prompt new although its template is known? Topics: does
the prompt fall into one of `BUCKETS` cells of the embedding space that the tenant never used? Each has a
decayed frequency q of its own; the bet is the likelihood ratio of q + (1 - q) / 2 against an upper confidence
limit of q, an e-value as long as the true frequency lies below that limit.

A vocabulary of V cells after N requests grows like N to the power beta (Heaps 1978); d log V / d log N is N q
/ V.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from models.compiled import compiled
from models.core import recall
from models.core.kinds import Real, Record, Truth, Whole

TEMPLATES = 64
BUCKETS = 1024
FADING = 0.002
MINIMUM = 100.0
"""Requests that must be known, faded ones for less, before a bet is made."""

DEVIATIONS = 2.0
HIGHEST = 0.98

_SHIFT = 16  # topics use the lowest bits


@compiled
def template(x: Record) -> Whole:
    """Return the hash of the longest head there is, 0 for none."""
    if x.head_32:
        return x.head_32
    if x.head_16:
        return x.head_16
    return x.head_8 or x.head_4


@compiled
def is_new(s: Record, x: Record) -> Truth:
    """Tell whether the prompt was not seen of late; one that is not given is not new."""
    return x.whole != 0 and not recall.holds(s.recall, x.whole)


@compiled
def knows_template(s: Record, x: Record) -> Truth:
    """Tell whether the prompt's template was seen of late."""
    found = template(x)
    return found != 0 and recall.holds(s.templates, found)


@compiled
def is_new_topic(s: Record, x: Record) -> Truth:
    """Tell whether no request of the tenant fell into this one's cell before."""
    bucket = _bucket(x)
    return (s.buckets[bucket // 64] >> np.uint64(bucket % 64)) & np.uint64(1) == np.uint64(0)


@compiled
def bet(seen: Real, new: Real, found: Truth) -> Real:
    """Return the e-value of one answer, given the faded numbers of questions and of answers "new"."""
    if seen < MINIMUM:
        return 1.0
    usual = (new + 0.5) / (seen + 1.0)
    other = usual + (1.0 - usual) / 2.0
    limit = min(HIGHEST, usual + DEVIATIONS * sqrt(usual * (1.0 - usual) / (seen + 1.0)))
    if other <= limit:
        return 1.0
    return other / limit if found else (1.0 - other) / (1.0 - limit)


@compiled
def learn_slot(s: Record, new: Truth) -> None:
    """Take the answer for a request of a known template into its frequency."""
    s.slots_seen += 1.0 - FADING * s.slots_seen
    s.slots_new += (1.0 if new else 0.0) - FADING * s.slots_new


@compiled
def learn_topic(s: Record, new: Truth) -> None:
    """Take the answer for a request with content into its frequency."""
    s.buckets_seen += 1.0 - FADING * s.buckets_seen
    s.buckets_new += (1.0 if new else 0.0) - FADING * s.buckets_new


@compiled
def observe(s: Record, x: Record) -> None:
    """Remember the request's template and cell."""
    found = template(x)
    if found:
        recall.add(s.templates, found)
    if x.embedded:
        s.content_total += 1
        if is_new_topic(s, x):
            bucket = _bucket(x)
            s.buckets[bucket // 64] |= np.uint64(1) << np.uint64(bucket % 64)
            s.buckets_used += 1


@compiled
def exponent(s: Record) -> Real:
    """Return the present exponent of growth: 0 goes round in known cells, 1 goes on to new ones for ever."""
    if s.buckets_used == 0 or s.buckets_seen < 1.0:
        return 0.0
    return s.content_total * (s.buckets_new / s.buckets_seen) / s.buckets_used


@compiled
def _bucket(x: Record) -> Whole:
    return np.int64((x.simhash >> np.uint64(_SHIFT)) % np.uint64(BUCKETS))
