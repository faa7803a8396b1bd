"""Changes as lines for people, and as objects for scripts."""

from __future__ import annotations

from typing import Any

import orjson

from models.control.control import Control
from models.control.encoding import change_fields
from models.control.records import Change, Judged
from models.control.rules import makes_rule
from streams.control_desk import Entry

_COMMON = {"version", "id", "time", "author", "kind"}


def states_of(control: Control, now: int) -> dict[str, str]:
    """Tell by id how each change stands at a time in Unix milliseconds.

    One is `planned`, `holds`, `ended` or `removed`; or `done` where it is no rule and no verdict.
    """
    found = {
        change.id: "holds" if isinstance(change.what, Judged) else "ended" if makes_rule(change) else "done"
        for change in control.changes.values()
    }
    for rule in control.rules:
        planned, holds = now < rule.begins, rule.holds(now)
        found[rule.change.id] = "planned" if planned else "holds" if holds else "ended"
    removed = (name for name, time in control.ended.items() if time <= now and name in found)
    return found | dict.fromkeys(removed, "removed")


def as_object(change: Change, state: str) -> dict[str, Any]:
    """Return a change as a JSON-ready object."""
    return {**change_fields(change), "state": state}


def as_line(change: Change, state: str) -> str:
    """Return a change as one line."""
    fields = change_fields(change)
    what = " ".join(f"{name}={_shown(value)}" for name, value in fields.items() if name not in _COMMON)
    return f"{fields['time']}  {change.id}  {state:<7}  {change.author}  {change.kind}  {what}"


def refused_object(entry: Entry) -> dict[str, Any]:
    """Return a record that was refused as a JSON-ready object; what stands in it is not repeated."""
    refusal = entry.refusal
    return {
        "offset": entry.offset,
        "state": "refused",
        "reason": "" if refusal is None else str(refusal.error),
    }


def names(entry: Entry, tenant: str) -> bool:
    """Tell whether a record that was refused names a tenant, as far as it can be read."""
    try:
        found = orjson.loads(entry.value)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and found.get("tenant") == tenant


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)).replace(" ", "_")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return repr(text) if " " in text else text
