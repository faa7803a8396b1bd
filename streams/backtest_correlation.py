"""How alike the requests of a tenant are to their neighbours, measured on some tenants of a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.autocorrelation import EvidenceProbe
from models.config import DetectorConfig
from models.sketch import decode_sketch

MOST_TENANTS = 32
MOST_VALUES = 1_000


class CorrelationSample:
    """Follows the first tenants that are seen until enough is known of each; bounded.

    A backtest that goes on after it was ended takes a new sample from there.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self._config = config
        self._probes: dict[bytes, EvidenceProbe] = {}
        self._following: set[bytes] = set()

    def take(self, records: Sequence[tuple[bytes, bytes]]) -> None:
        """Take in sketches with their keys."""
        for key, value in records:
            if key not in self._probes and len(self._probes) < MOST_TENANTS:
                self._probes[key] = EvidenceProbe(key.decode(), self._config)
                self._following.add(key)
            if key in self._following:
                probe = self._probes[key]
                probe.apply(decode_sketch(key, value))
                if len(probe) >= MOST_VALUES:
                    self._following.remove(key)

    def measured(self) -> dict[str, Any]:
        """Return by signal the median and the ninth decile of the integrated times, in requests."""
        by_signal: dict[str, list[float]] = {}
        for probe in self._probes.values():
            for name, time in probe.times().items():
                by_signal.setdefault(name, []).append(time)
        return {
            name: {
                "tenants": len(times),
                "median": round(float(np.median(times)), 3),
                "ninth_decile": round(float(np.quantile(times, 0.9)), 3),
            }
            for name, times in sorted(by_signal.items())
        }
