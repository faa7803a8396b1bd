"""What the control commands have in common: who changes what, when, and how times are given."""

from __future__ import annotations

import getpass
import re
import time
from typing import Annotated
from uuid import uuid4

import typer

from models.errors import ControlError

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"\+?(\d{1,6})([mhd])")

AuthorOption = Annotated[
    str | None, typer.Option("--author", metavar="NAME", help="Who changes this; the user of the system.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in one line.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Begin, in event time: RFC 3339; now unless given."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="End: RFC 3339, or a span from the begin as 30m, 12h, 7d."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="A JSON line each, for scripts.")]


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def common(kind: str, author: str | None, reason: str | None = None) -> dict[str, object]:
    """Return the fields that every change has."""
    chosen = _user() if author is None else author
    return {
        "id": uuid4().hex,
        "time": now_ms(),
        "author": chosen,
        "kind": kind,
        "reason": reason or None,
    }


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
    from models.control.fields import Fields  # noqa: PLC0415 - only here

    first = now_ms() if begins is None else Fields({"from": begins}).time("from")
    return {"from": begins, "until": first + int(span[1]) * _UNITS[span[2]] * 1000}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise ControlError("missing_field", "the system does not say who you are: give --author") from None
