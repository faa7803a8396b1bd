"""How alike neighbours in a series are, and how long a block has to be for its mean to be one of many."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray

from models.config import DetectorConfig
from models.core.streams import TRACKS
from models.readings import NAMES
from models.sketch import Sketch
from models.tenant import TenantModel

BLOCK_REQUESTS = 20 / 3
"""Requests of a block for each unit of the integrated time above 1.

In simulations blocks of 20 brought the false alerts back to the budget at an AR(1) correlation of 0.6, whose
integrated time is 4, and blocks of 100 at 0.9, where it is 19."""

_LEAST = 50
_MOST_LAG = 200


def integrated_time(series: NDArray[np.float64]) -> float:
    """Return how many values of a series are worth one independent value, 1 or more.

    One plus twice the sum of the autocorrelations up to the first that cannot be told from none: below two
    standard errors of white noise (Bartlett 1946; Sokal 1997, section 3).

    Raises
    ------
    ValueError
        The series has fewer than 50 values.
    """
    if series.size < _LEAST:
        raise ValueError(f"a series of {series.size} values tells nothing: at least {_LEAST} are needed")
    centred = series - series.mean()
    power = float(centred @ centred)
    if power == 0.0:
        return 1.0
    total, border = 1.0, 2.0 / np.sqrt(series.size)
    for lag in range(1, min(_MOST_LAG, series.size // 4) + 1):
        correlation = float(centred[:-lag] @ centred[lag:]) / power
        if correlation < border:
            break
        total += 2.0 * correlation
    return total


def block_for(time: float) -> int:
    """Return how many requests a block should have for an integrated time."""
    return max(1, round(BLOCK_REQUESTS * (time - 1.0)))


class EvidenceProbe:
    """Follows one tenant as the detector does, to have the e-value of each request and signal by itself.

    Parameters
    ----------
    config
        Of the detector; blocks and threshold are the probe's own, so that nothing is averaged or alerted.
    """

    def __init__(self, tenant: str, config: DetectorConfig) -> None:
        alone = replace(config, block_requests=1, entropy_block_requests=1, least_threshold=1e9)
        self._model = TenantModel(tenant, alone)
        self._series: list[list[float]] = [[] for _ in range(TRACKS)]

    def __len__(self) -> int:
        return max(map(len, self._series))

    def apply(self, sketch: Sketch) -> None:
        """Judge a request and take note of the logarithm of its e-value by each signal."""
        before = self._model.state["statistic"][:TRACKS].tolist()
        self._model.apply(sketch)
        for track, statistic in enumerate(self._model.state["statistic"][:TRACKS].tolist()):
            if statistic > 0.0 and statistic != before[track]:
                self._series[track].append(log(statistic / (1.0 + before[track])))

    def times(self) -> dict[str, float]:
        """Return the integrated time of each signal of which enough is known, by the signal's name."""
        return {
            name: integrated_time(np.array(self._series[track]))
            for track, (name, _) in NAMES.items()
            if len(self._series[track]) >= _LEAST
        }
