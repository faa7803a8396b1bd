"""`distillwatch notify`."""

from __future__ import annotations

import typer

from streams.commands.options import options_of


def notify(context: typer.Context) -> None:
    """Tell people and on-call systems of alerts, one message an episode. SIGTERM ends it; nothing is lost."""
    from streams.notify.notifier import run_notifier  # noqa: PLC0415 - loads librdkafka

    raise typer.Exit(run_notifier(options_of(context).settings()))
