"""`distillwatch worker`."""

from __future__ import annotations

import typer

from streams.commands.options import options_of


def worker(context: typer.Context) -> None:
    """Run one worker; start as many as there are partitions. SIGTERM ends it after a checkpoint."""
    from streams.worker import run_worker  # noqa: PLC0415 - loads Faust, which other commands can do without

    raise typer.Exit(run_worker(options_of(context).settings()))
