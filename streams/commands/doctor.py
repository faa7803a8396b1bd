"""`distillwatch doctor`."""

from __future__ import annotations

import typer

from streams.commands.options import options_of


def doctor(context: typer.Context) -> None:
    """Look at broker, rights, topics, lag and clock; say what is wrong and what to do.

    Nothing is changed. The exit code is 1 if anything is wrong.
    """
    from streams.doctor import diagnose  # noqa: PLC0415 - loads the admin client

    diagnoses = diagnose(options_of(context).settings())
    for found in diagnoses:
        mark = "ok   " if found.ok else "WRONG"
        remedy = f"; {found.remedy}" if found.remedy else ""
        typer.echo(f"{mark} {found.name:<7} {found.detail}{remedy}")
    if not all(found.ok for found in diagnoses):
        raise typer.Exit(1)
