"""river's half-space trees on the numbers of a request.

Tan, Ting and Liu (IJCAI 2011), as river implements them with its own settings. Features are scaled to 0 to 1
on logarithmic scales, as the trees ask for. A request's score is the mean of the last 20, against those of
the tenant's first 500 requests; the threshold is the 95th percentile of these, as in river's
`QuantileFilter`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from river.anomaly import HalfSpaceTrees

from bench.detection.peers.base import WARMUP, Scores, Traffic, no_scores
from bench.detection.peers.windows import Limits
from models.sketch import Sketch

SMOOTHING = 20
_SETTLED = 250
"""Requests that fill the trees' first window; they have no score."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Half-space trees that score a request, then learn it."""

    name: str = "half-space trees"

    def score(self, traffic: Traffic) -> Scores:
        """Score every request after the first 500."""
        if len(traffic.times) <= WARMUP:
            return no_scores()
        trees, raw = HalfSpaceTrees(seed=1, window_size=_SETTLED), []
        gaps = np.diff(traffic.times, prepend=traffic.times[0])
        for sketch, gap in zip(traffic.sketches, gaps, strict=True):
            features = features_of(sketch, int(gap))
            raw.append(trees.score_one(features))  # type: ignore[no-untyped-call]
            trees.learn_one(features)  # type: ignore[no-untyped-call]
        totals = np.cumsum([0.0, *raw])
        smooth = (totals[SMOOTHING:] - totals[:-SMOOTHING]) / SMOOTHING  # the first ends at request 19
        usual = smooth[_SETTLED : WARMUP - SMOOTHING + 1]
        limits = Limits.of(usual, tails=1)
        places = np.arange(WARMUP, len(raw))
        return Scores(places, limits.strangeness(smooth[places - SMOOTHING + 1]))


def features_of(x: Sketch, gap_ms: int) -> dict[str, float]:
    """Return the numbers of a request, each 0 to 1."""
    return {
        "chars": _scaled(x.chars, 4),
        "input": _scaled(x.input_tokens, 5),
        "output": _scaled(x.output_tokens, 4),
        "limit": _scaled(x.max_tokens, 5),
        "gap": _scaled(gap_ms, 8),
        "turn": _scaled(x.turn, 2),
        "temperature": min(1.0, max(0.0, x.temperature / 2)),
        "logprobs": _scaled(x.top_logprobs, 2),
    }


def _scaled(number: float, decades: int) -> float:
    return min(1.0, log10(1.0 + max(0.0, number)) / decades)
