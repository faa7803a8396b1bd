"""The three signals as one would first write them with river: rate, entropy of topics, shape of answers.

Every peer keeps one `Watcher` a tenant in memory and is asked for no more than this. The statistics are lost
when the process ends; no peer has the evidence, the episodes, the calibration or the checkpoints of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from river import stats

FADING = 0.02
WARMUP = 100
Z_BOUND = 8.0
ENTROPY_BOUND = 2.0


class Deviation:
    """How far a value is from its exponentially weighted mean, in standard deviations."""

    def __init__(self) -> None:
        self._mean = stats.EWMean(FADING)
        self._variance = stats.EWVar(FADING)

    def learn(self, value: float) -> float:
        """Return the z-score of a value under what came before it, and learn it."""
        variance = self._variance.get()
        score = (value - self._mean.get()) / sqrt(variance) if variance > 0 else 0.0
        self._mean.update(value)
        self._variance.update(value)
        return score


class Watcher:
    """One tenant's statistics."""

    def __init__(self) -> None:
        self._gaps, self._answers = Deviation(), Deviation()
        self._topics = stats.Entropy()
        self._last: int | None = None
        self._seen = 0

    def learn(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Learn a request, and return an alert when a bound is passed after the warm-up.

        Parameters
        ----------
        event
            A request of the native format. Its topic is its model and operation: there is no text.
        """
        time = int(event["time"])
        rate = 0.0 if self._last is None else self._gaps.learn((time - self._last) / 1000)
        self._last = time
        self._topics.update((event.get("model"), event.get("operation")))
        entropy = self._topics.get()
        shape = self._answers.learn(float(event.get("output_tokens") or 0))
        self._seen += 1
        if self._seen > WARMUP and (rate < -Z_BOUND or entropy > ENTROPY_BOUND or shape > Z_BOUND):
            return {
                "tenant": event["tenant"],
                "time": time,
                "rate": rate,
                "entropy": entropy,
                "shape": shape,
            }
        return None
