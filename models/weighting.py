"""How the settings and the weights of the signals reach the compiled core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.config import DetectorConfig
from models.core.layout import SETTINGS
from models.core.rate import HOUR_MS
from models.core.streams import HABITS, STREAMS, TOPICS, WEIGHTS

MINUTE_MS = 60_000
ALWAYS = -(2**63)
"""Before every event time."""

RATE_VOTE = 0.1
"""The share of the rate in the joint evidence."""

VOTES = (1.0, 0.0, 1.0, RATE_VOTE, 0.0)


@dataclass(frozen=True, slots=True)
class Weighting:
    """What each signal counts for; the detector's own choice unless a benchmark leaves one out.

    Parameters
    ----------
    streams
        By stream, see `models.core.streams`.
    votes
        By signal, in the joint evidence.
    rules
        Whether each plain rule counts: the logit-bias sweep, and resampling.
    """

    streams: tuple[float, ...] = WEIGHTS
    votes: tuple[float, ...] = VOTES
    rules: tuple[bool, bool] = (True, True)


DEFAULT = Weighting()


def settings_record(
    config: DetectorConfig, weighting: Weighting = DEFAULT, score_ms: int = 0
) -> NDArray[Any]:
    """Return one record of `SETTINGS` that has always held, shape (1,).

    `score_ms` is the interval of event time of which scores are told, in milliseconds; 0 for none.
    """
    found = np.zeros(1, SETTINGS)
    found["score_ms"] = score_ms
    found["begins"], found["weighs"], found["learns"] = ALWAYS, True, True
    for name in ("budget_days", "least_threshold", "suspicious_exponent", "flag_strength", "update_step"):
        found[name] = getattr(config, name)
    found["block"], found["window_block"] = config.block_requests, config.entropy_block_requests
    found["warmup"] = config.warmup_requests
    found["sweeps"], found["samples"] = weighting.rules
    found["update_ms"] = round(config.update_minutes * MINUTE_MS)
    found["quiet_ms"] = round(config.quiet_hours * HOUR_MS)
    found["adapt_ms"] = round(config.adapt_days * 24 * HOUR_MS)
    found["cooldown_ms"] = round(config.cooldown_hours * HOUR_MS)
    weights = np.array(weighting.streams)
    looks_back = (TOPICS, HABITS)
    blocks = [
        config.entropy_block_requests if stream in looks_back else config.block_requests
        for stream in range(STREAMS)
    ]
    total = weights.sum() or 1.0
    found["weights"] = weights / total
    found["blocks_a_request"] = (weights / np.array(blocks)).sum() / total
    found["votes"] = weighting.votes
    return found
