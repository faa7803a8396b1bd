"""Fields of a change that is about to be made: its id, its time, and its period as people give it."""

from __future__ import annotations

import re
import time
from uuid import uuid4

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"\+?(\d{1,6})([mhd])")


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def new_change(kind: str, author: str, reason: str | None = None) -> dict[str, object]:
    """Return the fields that every change has."""
    return {"id": uuid4().hex, "time": now_ms(), "author": author, "kind": kind, "reason": reason or None}


def period(begins: str | None, until: str | None) -> dict[str, object]:
    """Return the fields of a period; a span counts from the begin.

    Raises
    ------
    ControlError
        A span does not fit the begin, which is in no form that is known.
    """
    span = _SPAN.fullmatch(until) if until else None
    if span is None:
        return {"from": begins, "until": until}
    from models.control.fields import Fields  # noqa: PLC0415 -- only here, and it loads numpy

    first = now_ms() if begins is None else Fields({"from": begins}).time("from")
    return {"from": begins, "until": first + int(span[1]) * _UNITS[span[2]] * 1000}
