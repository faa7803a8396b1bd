"""Accumulation of evidence with a bound on the average run length to a false alarm.

S = (1 + S) e, over blocks of consecutive requests. Under the null hypothesis S minus the number of blocks is
a martingale, so the mean number of blocks until S >= A is at least A (Shiryaev 1963, Roberts 1966;
e-detectors: Shin, Ramdas and Rinaldo 2024). The e of a block is the mean of its requests' e-values, an
e-value whatever the dependence inside the block.
"""

from __future__ import annotations

from models.compiled import compiled
from models.core.kinds import Real, Record, Whole

CEILING = 1e12
FRESH_CEILING = 40.0
"""Of the same statistic that tells of late evidence alone."""


@compiled
def update(s: Record, stream: Whole, block: Whole, e: Real, time: Whole) -> None:
    """Take in the e-value of a request, finite and 0 or more, at an event time in ms."""
    if s.start[stream] == 0:
        s.start[stream] = time
    s.count[stream] += 1
    s.block_sum[stream] += e
    s.block_size[stream] += 1
    if s.block_size[stream] >= block:  # above it where the setting was lowered inside a block
        _fill(s, stream, s.block_sum[stream] / s.block_size[stream])


@compiled
def _fill(s: Record, stream: Whole, e: Real) -> None:
    s.block_sum[stream], s.block_size[stream] = 0.0, 0
    s.statistic[stream] = min(CEILING, (1.0 + s.statistic[stream]) * e)
    s.fresh[stream] = min(FRESH_CEILING, (1.0 + s.fresh[stream]) * e)
    # When the evidence began to grow, as CUSUM tells it (Page 1954).
    s.climb[stream] = min(CEILING, max(1.0, s.climb[stream]) * e)
    if s.climb[stream] <= 1.0:
        s.start[stream], s.count[stream] = 0, 0


@compiled
def reset(s: Record, stream: Whole) -> None:
    """Forget all evidence."""
    s.block_sum[stream], s.block_size[stream], s.climb[stream] = 0.0, 0, 1.0
    s.statistic[stream], s.fresh[stream] = 0.0, 0.0
    s.start[stream], s.count[stream] = 0, 0
