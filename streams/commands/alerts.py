"""`distillwatch alerts`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Annotated

import typer

from streams.commands.options import options_of


def alerts(
    context: typer.Context,
    *,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Start with the oldest finding that is kept.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on printing findings as they come.")
    ] = False,
    until_idle: Annotated[
        float | None,
        typer.Option(
            "--until-idle",
            metavar="SECONDS",
            min=0.0,
            help="Go on until no finding came for so many seconds.",
        ),
    ] = None,
) -> None:
    """Print findings, a JSON line each.

    Alone it prints all that there are and ends. With --follow or --until-idle it prints those that come from
    now on, and with --from-beginning the older ones before them.
    """
    from streams.topic_reader import TopicReader  # noqa: PLC0415 - loads librdkafka

    if context.invoked_subcommand is not None:
        return
    if follow and until_idle is not None:
        raise typer.BadParameter("give --follow or --until-idle, not both")
    live = follow or until_idle is not None
    settings = options_of(context).settings()
    beginning = from_beginning or not live
    reader = TopicReader(settings.kafka, settings.topics.alerts, from_beginning=beginning)
    with closing(reader):
        for record in reader.follow(until_idle) if live else reader.present():
            sys.stdout.write((record.value() or b"").decode(errors="replace") + "\n")
            sys.stdout.flush()
