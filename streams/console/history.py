"""The changes that touched a tenant, as rows of a page."""

from __future__ import annotations

from dataclasses import dataclass

from models.control.control import Control
from models.control.encoding import change_fields
from models.control.records import Change, Remove, Sample
from streams.control_views import states_of

_COMMON = {"version", "id", "time", "author", "kind", "reason"}
HOLDING = frozenset({"planned", "holds"})


@dataclass(frozen=True, slots=True)
class Row:
    """One change: what it is in words, whether it holds, and whether it can be taken back."""

    change: Change
    state: str
    what: str
    removable: bool


def history(control: Control, tenant: str, now: int) -> list[Row]:
    """Return every change that touched a tenant, the newest first; `now` in Unix milliseconds."""
    states = states_of(control, now)
    return [_row(change, states[change.id]) for change in reversed(control.history(tenant))]


def _row(change: Change, state: str) -> Row:
    fields = change_fields(change)
    what = ", ".join(f"{name} {_shown(value)}" for name, value in fields.items() if name not in _COMMON)
    removable = state in HOLDING and not isinstance(change.what, Remove | Sample)
    return Row(change, state, what, removable)


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return " and ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
