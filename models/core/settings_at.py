"""Which settings hold for a tenant at an event time."""

from __future__ import annotations

from models.compiled import compiled
from models.core.kinds import Table, Whole


@compiled
def place(settings: Table, last: Whole, time: Whole) -> Whole:
    """Return the number of the record of `SETTINGS` that holds, given the number of a tenant's last one."""
    found = last
    while time < settings[found].begins:
        found = settings[found].before
    return found
