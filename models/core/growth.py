"""Growth: whether what a tenant asks stays new for ever.

Two yes-or-no questions of a request. Slots: is the prompt new although its template is known? Topics: does
the prompt fall into one of `BUCKETS` cells of the embedding space that the tenant never used? Both are read,
of late against usually, for whoever looks at a finding. They are no evidence: a launch and an ordered stream
answer yes as often as a harvest does.

A vocabulary of V cells after N requests grows like N to the power beta (Heaps 1978); d log V / d log N is N q
/ V, where q is the share of new cells.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import recall
from models.core.kinds import Real, Record, Truth, Whole

TEMPLATES = 64
BUCKETS = 1024
FADING = 0.002
FADING_OF_LATE = 0.03

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
def observe(s: Record, x: Record, new: Truth, known: Truth, first: Truth) -> None:
    """Remember template and cell, given whether the prompt is new, the template known, the cell new."""
    found = template(x)
    if found:
        if x.whole and known:
            s.slots_late += FADING_OF_LATE * (new - s.slots_late)
        recall.add(s.templates, found)
    if x.embedded:
        s.topics_late += FADING_OF_LATE * (first - s.topics_late)
        s.content_total += 1
        if first:
            bucket = _bucket(x)
            s.buckets[bucket // 64] |= np.uint64(1) << np.uint64(bucket % 64)
            s.buckets_used += 1


@compiled
def usual_slots(s: Record) -> Real:
    """Return the usual share of new slots among requests of known templates, 0 to 1."""
    return s.slots_new / s.slots_seen if s.slots_seen >= 1.0 else 0.0


@compiled
def exponent(s: Record, share: Real) -> Real:
    """Return the exponent of growth at a share of new cells: 0 goes round in known ones, 1 never does."""
    return min(1.0, s.content_total * share / s.buckets_used) if s.buckets_used else 0.0


@compiled
def usual_topics(s: Record) -> Real:
    """Return the usual share of new cells, 0 to 1."""
    return s.buckets_new / s.buckets_seen if s.buckets_seen >= 1.0 else 0.0


@compiled
def _bucket(x: Record) -> Whole:
    return np.int64((x.simhash >> np.uint64(_SHIFT)) % np.uint64(BUCKETS))
