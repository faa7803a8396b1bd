"""What the control commands have in common: who changes what, and how it is given."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from models.errors import ControlError
from streams.control_fields import new_change

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


def common(kind: str, author: str | None, reason: str | None = None) -> dict[str, object]:
    """Return the fields that every change has."""
    return new_change(kind, _user() if author is None else author, reason)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise ControlError("missing_field", "the system does not say who you are: give --author") from None
