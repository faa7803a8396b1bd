"""The combined evidence of a tenant, and how much of it makes an alert.

The Shiryaev-Roberts statistics of the streams are averaged, which keeps the bound on the run length whatever
the dependence between them. The plain rules stand beside them.
"""

from __future__ import annotations

from models.compiled import compiled
from models.core import resampling, sweep
from models.core.kinds import Real, Record, Table
from models.core.rate import DAY_MS
from models.core.shiryaev_roberts import reset
from models.core.streams import STREAMS

SHORTEST_DAYS = 0.25
LONGEST_DAYS = 14.0


@compiled
def ruled(s: Record, c: Record) -> Real:
    """Return how much of an alert was seen by the plain rules."""
    return max(c.sweeps * sweep.share(s), c.samples * resampling.share(s))


@compiled
def threshold(s: Record, c: Record) -> Real:
    """Return the evidence that opens an episode: the blocks that the tenant fills within its budget."""
    return max(c.least_threshold, c.budget_days * requests_a_day(s) * c.blocks_a_request)


@compiled
def requests_a_day(s: Record) -> Real:
    """Return the mean rate over the tenant's known life, at most two weeks of it."""
    return s.rated / max(SHORTEST_DAYS, (s.time - s.rated_from) / DAY_MS)


@compiled
def combined(s: Record, c: Record) -> Real:
    """Return the combined Shiryaev-Roberts statistic."""
    return _weighted(s, c, s.statistic)


@compiled
def fresh(s: Record, c: Record) -> Real:
    """Return the same of late alone, bounded, so that it fades within a few hundred usual requests."""
    return _weighted(s, c, s.fresh)


@compiled
def _weighted(s: Record, c: Record, streams: Table) -> Real:
    total = 0.0
    for stream in range(STREAMS):
        total += c.weights[stream] * streams[stream]
    return max(total, ruled(s, c) * threshold(s, c))


@compiled
def spend(s: Record) -> None:
    """Forget all evidence: the episode that it led to is over."""
    for stream in range(STREAMS):
        reset(s, stream)
    s.sweep_hits, s.resampling_hits = 0.0, 0.0


@compiled
def move_time(s: Record, x: Record, c: Record) -> None:
    """Count a request and move the tenant's time on, never back; what is not weighed is not of its rate.

    Nor is the time that passes meanwhile, so that the rate stays what it was.
    """
    passed = max(0, x.time - s.time)
    s.late += x.time < s.time
    s.time = max(s.time, x.time)
    s.events += 1
    s.content += x.embedded != 0
    if s.rated_from == 0:
        s.rated_from = x.time
    elif not c.weighs:
        s.rated_from += passed
    if s.time - s.rated_from > LONGEST_DAYS * DAY_MS:
        s.rated /= 2
        s.rated_from += (s.time - s.rated_from) // 2
    s.rated += c.weighs
