"""Which part of a prompt came before: the longest of its heads and tails that the tenant has used of late.

What stands before the part that changes makes a common head, what stands behind it a common tail.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import recall
from models.core.kinds import Record, Table, Whole
from models.core.mixing import STEP, mixed

SLOTS = 512
"""Places of the table of heads and tails; a request takes six."""

KINDS = 6
"""Heads and tails of a request that are looked at."""


@compiled
def hash_ends(x: Record, ends: Table) -> None:
    """Write the heads and tails of a request, the longest first, at one length the head; 0 for none."""
    words = x.head_32, x.tail_32, x.head_16, x.tail_16, x.head_8, x.tail_8
    for kind in range(KINDS):
        ends[kind] = template_of(words[kind], kind) if words[kind] else np.uint64(0)


@compiled
def longest(s: Record, ends: Table) -> Whole:
    """Return the template of a request: the longest of its heads and tails that recurs, 0 for none."""
    for end in ends:
        if end and recall.holds(s.template_recall, end):
            return end
    return np.uint64(0)


@compiled
def remember(s: Record, ends: Table) -> None:
    """Remember all heads and tails of a request."""
    for end in ends:
        if end:
            recall.add(s.template_recall, end)


@compiled
def template_of(word: Whole, kind: Whole) -> Whole:
    """Tell heads and tails with the same words apart: a hash of 64 bits, never 0."""
    found = mixed(word + np.uint64(kind + 1) * STEP)
    return found or np.uint64(1)
