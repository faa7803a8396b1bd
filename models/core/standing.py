"""How far tenants are from an alert, many at once."""

from __future__ import annotations

from models.compiled import compiled
from models.core import settings_at
from models.core.evidence import combined, threshold
from models.core.kinds import Table


@compiled
def shares(states: Table, places: Table, settings: Table, out: Table) -> None:
    """Write the evidence of each state as a share of its threshold, 0 or more; 1 opens an episode.

    `places` are those of the states in their chunk, shape (n,), as is `out`; `settings` are records of
    `SETTINGS`.
    """
    for place in range(len(places)):
        s = states[places[place]]
        c = settings[settings_at.place(settings, s.rule, s.time)]
        out[place] = combined(s, c) / threshold(s, c)
