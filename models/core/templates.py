"""The templates that a tenant uses most: how often, since when, and the smallest hashes of its prompts.

The smallest hashes of a set are a sample of it that any two sets can be compared by (bottom-k sketch, Broder
1997): who asks the same has the same ones, however often.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import recall
from models.core.kinds import Record, Truth, Whole
from models.core.mixing import mixed

TEMPLATES = 8
SLOTS = 4
UNFILLED = 2**32 - 1
"""Stands where there are fewer than `SLOTS` hashes."""

JOIN = 1
"""Requests with a template, at which the tenant counts as one that uses it."""

MOST = 2**31 - 1
"""No template is counted further."""

WORTH = 64
"""For how many requests of other templates one request with a template keeps it from being displaced."""

MOST_WORTH = 16
"""Requests of a template that count for this."""

PAST = 128
"""Places of the table of templates that were told, so that one that left and comes again is not new."""

COUNTS = (
    "template_counts",
    "template_told",
    "template_first",
    "template_latest",
    "template_since",
    "template_joined",
)
"""Fields of a state with a whole number of 32 bits for each template: its requests, and how many there were
when it was told last; the tenant's requests at its first and its latest (their lowest bits); when it came
first, and when the tenant joined those who use it, in Unix seconds, 0 for not yet."""

_LOW = 2**32 - 1
_SECOND_MS = 1000


@compiled
def count(s: Record, x: Record, template: Whole) -> Whole:
    """Count a request with a template and a new prompt; return the template's place in the table."""
    place = _find(s, template)
    if place < 0:
        place = _enter(s, template)
    s.template_counts[place] = min(MOST, np.int64(s.template_counts[place]) + 1)
    s.template_latest[place] = s.events & _LOW
    if s.template_counts[place] == JOIN:
        s.template_joined[place] = s.time // _SECOND_MS
    _sample(s, place, np.int64(mixed(x.whole) >> np.uint64(32)))
    return place


@compiled
def is_due(s: Record, place: Whole) -> Truth:
    """Tell whether a template is to be told: it is new, or used twice as often as when it was told."""
    counted, told = np.int64(s.template_counts[place]), np.int64(s.template_told[place])
    return counted >= 2 * told if told else counted >= JOIN


@compiled
def tell(s: Record, place: Whole) -> None:
    """Note that a template's use is told as it stands."""
    s.template_told[place] = s.template_counts[place]
    recall.add(s.template_past, s.template_hashes[place])


@compiled
def requests(s: Record, place: Whole) -> Whole:
    """Return how many requests the tenant made since a template's first that counts, both included."""
    since = (s.events - np.int64(s.template_first[place])) & _LOW
    return max(np.int64(s.template_counts[place]), since + 1)


@compiled
def _find(s: Record, template: Whole) -> Whole:
    for place in range(np.int64(s.templates_known)):
        if s.template_hashes[place] == template:
            return place
    return -1


@compiled
def _enter(s: Record, template: Whole) -> Whole:
    """Give a template a place, its own or that of the one that is worth least."""
    place = np.int64(s.templates_known)
    if place < TEMPLATES:
        s.templates_known += 1
    else:
        place = _least(s)
    s.template_hashes[place] = template
    s.template_counts[place], s.template_joined[place] = 0, 0
    s.template_told[place] = JOIN if recall.holds(s.template_past, template) else 0
    s.template_first[place] = s.events & _LOW
    s.template_since[place] = s.time // _SECOND_MS
    for slot in range(SLOTS):
        s.template_slots[place, slot] = UNFILLED
    return place


@compiled
def _least(s: Record) -> Whole:
    """Return the place of the template that was not used for longest, given what its requests are worth."""
    found, least = 0, np.int64(2**62)
    for place in range(TEMPLATES):
        idle = (s.events - np.int64(s.template_latest[place])) & _LOW
        counted: Whole = min(MOST_WORTH, np.int64(s.template_counts[place]))
        worth = WORTH * counted - idle
        if worth < least:
            found, least = place, worth
    return found


@compiled
def _sample(s: Record, place: Whole, slot: Whole) -> None:
    """Keep a hash of 32 bits if it is among the smallest, in order and once."""
    slot = min(slot, UNFILLED - 1)
    at = 0
    while at < SLOTS and np.int64(s.template_slots[place, at]) < slot:
        at += 1
    if at == SLOTS or np.int64(s.template_slots[place, at]) == slot:
        return
    for behind in range(SLOTS - 1, at, -1):
        s.template_slots[place, behind] = s.template_slots[place, behind - 1]
    s.template_slots[place, at] = slot
