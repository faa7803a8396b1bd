"""`distillwatch alerts`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Annotated, Literal

import typer

from streams.commands.options import options_of

Level = Literal["informational", "low", "medium", "high", "critical"]


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
    form: Annotated[
        Literal["auto", "text", "json"],
        typer.Option(
            "--format", help="Text for people or JSON; auto is text on a terminal, and JSON elsewhere."
        ),
    ] = "auto",
    details: Annotated[
        bool, typer.Option("--details", help="As text, with all that is known of each finding.")
    ] = False,
    severity: Annotated[
        Level | None, typer.Option("--severity", help="Only findings that are at least so grave.")
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant", metavar="NAME", help="Only findings on this tenant, or that name it as a member."
        ),
    ] = None,
) -> None:
    """Print findings: a line each for people on a terminal, and a JSON line each elsewhere.

    Alone it prints all that there are and ends. With --follow or --until-idle it prints those that come from
    now on, and with --from-beginning the older ones before them.
    """
    from streams.alert_output import AlertOutput, Filter  # noqa: PLC0415 - loads rich
    from streams.topic_reader import TopicReader  # noqa: PLC0415 - loads librdkafka

    if context.invoked_subcommand is not None:
        return
    if follow and until_idle is not None:
        raise typer.BadParameter("give --follow or --until-idle, not both")
    text = form == "text" or (form == "auto" and sys.stdout.isatty())
    if details and not text:
        raise typer.BadParameter("--details are for people: give --format text too")
    live = follow or until_idle is not None
    settings = options_of(context).settings()
    beginning = from_beginning or not live
    output = AlertOutput(Filter.of(severity, tenant), text=text, details=details)
    reader = TopicReader(settings.kafka, settings.topics.alerts, from_beginning=beginning)
    with closing(reader):
        for record in reader.follow(until_idle) if live else reader.present():
            output.take(record.value(), f"{record.topic()}-{record.partition()} offset {record.offset()}")
