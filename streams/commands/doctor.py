"""`distillwatch doctor`."""

from __future__ import annotations

import typer


def doctor(context: typer.Context) -> None:
    """Look at broker, rights, topics, lag and clock; say what is wrong and what to do."""
    raise NotImplementedError
