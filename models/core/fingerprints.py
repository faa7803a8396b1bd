"""When a tenant's use of a template is told to others, so that what is told stays little.

Each request earns a share of its own sketch's bytes. A fingerprint is told when its bytes are there, so never
more than `SHARE` of all bytes were told, and takes `PRICE` times of them away, so that even the shortest
fingerprints are fewer than a tenth of the requests. What is told must not depend on the name of the topic
that the requests were read from: it counts for nothing, and `SPARE` bytes more have to be there, which is
enough for names of 32 bytes.
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import evidence, recurring, templates
from models.core.kinds import Real, Record, Table, Truth, Whole
from models.core.layout import REQUEST

SHARE = 0.099
PRICE = 5.0
MOST = 3000.0
"""Bytes that can be saved, for about four fingerprints."""

LEAST = -3000.0
"""Below what the longest fingerprint leaves behind."""

FIXED = 104
"""Bytes of a fingerprint beside the names of tenant, request and topic, as
`models.campaign.fingerprint` writes it."""

SPARE = 15.0
"""Bytes for the name of the topic: it is in each of the three requests or more that earn a fingerprint."""

NONE = -1

_SKETCH = REQUEST.itemsize


@compiled
def observe(s: Record, x: Record, new: Truth, ends: Table) -> Whole:
    """Take a request in, given whether its prompt is new; `ends` is written.

    Returns the place of the template whose use is to be told now, or `NONE`.
    """
    name = float(x.id_size)
    s.template_credit = min(MOST, s.template_credit + SHARE * (_SKETCH + name))
    if not x.whole:
        return NONE
    recurring.hash_ends(x, ends)
    template = recurring.longest(s, ends) if new else np.uint64(0)
    recurring.remember(s, ends)
    if not template:
        return NONE
    place = templates.count(s, x, template)
    return place if templates.is_due(s, place) and _spend(s, place, FIXED + name + s.name_size) else NONE


@compiled
def _spend(s: Record, place: Whole, size: Real) -> Truth:
    """Pay for a fingerprint of so many bytes and note what it tells, if there is enough."""
    if s.template_credit < size + SPARE:
        return False
    s.template_credit -= PRICE * size
    templates.tell(s, place)
    return True


@compiled
def write(s: Record, c: Record, place: Whole, told: Record) -> None:
    """Write the use of a template; its times are the tenant's own, which never go back."""
    started = min(s.early_first, s.time) if s.early_first else s.time
    told.time, told.started = s.time, started
    told.since = max(started, np.int64(s.template_since[place]) * 1000)
    told.joined = max(started, np.int64(s.template_joined[place]) * 1000)
    told.count, told.requests = s.template_counts[place], templates.requests(s, place)
    told.template = s.template_hashes[place]
    told.weak = evidence.combined(s, c) / evidence.threshold(s, c)
    for slot in range(templates.SLOTS):
        told.slots[slot] = s.template_slots[place, slot]
