"""Who of the tenants in memory is nearest to an alert."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core import episode
from models.core import standing as core
from models.core.names import UNKNOWN
from models.live import LiveTenants
from models.slab import Slab
from models.tenant import TenantModel

OPEN_FIRST = 1e30
"""More than any evidence: who has an open episode comes before all others."""

KEPT = 2.0
"""Who was named the last time stays until somebody has twice the evidence: names would flicker otherwise."""


def strongest(
    live: LiveTenants, slab: Slab, settings: NDArray[Any], most: int, known: Collection[str] = ()
) -> list[tuple[float, TenantModel]]:
    """Return the tenants with an open episode, then those with the highest share of their threshold.

    Parameters
    ----------
    settings
        See `models.weighting`.
    most
        How many to return at most.
    known
        Who was named the last time.

    Returns
    -------
    list
        Each with the number that it was chosen by, the highest first; equal ones in the order of their names.
    """
    rows = live.rows
    scores = _shares(slab, rows, settings)
    kept = live.find(list(known))
    scores[np.isin(rows, kept[kept != UNKNOWN])] *= KEPT
    scores[slab.column("state", rows) == episode.ALERTING] += OPEN_FIRST
    chosen = np.argpartition(-scores, most)[:most] if most < len(rows) else np.arange(len(rows))
    found = [(float(scores[place]), live.at(int(rows[place]))) for place in chosen]
    return sorted(found, key=lambda pair: (-pair[0], pair[1].name))


def _shares(slab: Slab, rows: NDArray[np.int64], settings: NDArray[Any]) -> NDArray[np.float64]:
    found = np.zeros(len(rows))
    for number, chunk in enumerate(slab.chunks):
        here = np.flatnonzero(rows // slab.chunk == number)
        shares = np.empty(len(here))
        core.shares(chunk, rows[here] % slab.chunk, settings, shares)
        found[here] = shares
    return found
