"""What a tenant looked like over its first requests, to be compared with its peers: sums, then frozen."""

from __future__ import annotations

from math import log

from models.compiled import compiled
from models.core import shape
from models.core.ages import AGES
from models.core.kinds import Record, Truth

MOST = AGES[-1]
"""Requests after which the sums stay as they are."""

INTERVAL_MS = 600_000


@compiled
def observe(s: Record, x: Record, new: Truth) -> None:
    """Add a request, given whether its prompt is new."""
    if s.early_requests >= MOST:
        return
    if s.early_requests == 0:
        s.early_first = x.time
    if x.time // INTERVAL_MS > s.early_last // INTERVAL_MS:
        s.early_intervals += 1
    s.early_requests += 1
    s.early_last = max(s.early_last, x.time)
    s.early_principals += x.principal != 0
    s.early_first_turns += x.turn <= 0
    s.early_new_prompts += new
    if x.output_tokens >= 0:
        s.early_outputs += 1
        s.early_output += log(1.0 + x.output_tokens)
    beside = shape.overhead(x)
    if beside >= 0:
        s.early_overheads += 1
        s.early_overhead += log(1.0 + beside)
