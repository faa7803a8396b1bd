"""`distillwatch replay`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from streams.commands.options import EventFileArgument, FormatOption, SourceOption, options_of
from streams.commands.progress import track


def replay(
    context: typer.Context,
    file: Annotated[str, EventFileArgument],
    *,
    input_format: FormatOption = None,
    source: SourceOption = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="R", min=0.001, help="At most R events a second.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", metavar="X", min=0.001, help="X times as fast as it happened.")
    ] = None,
) -> None:
    """Publish the records of a file to a source topic, keyed by tenant; as fast as it goes by default."""
    from streams.librdkafka import partitions_of  # noqa: PLC0415 - loads librdkafka
    from streams.pace import Pace  # noqa: PLC0415
    from streams.replay import Replay, publish_all  # noqa: PLC0415

    if rate is not None and speed is not None:
        raise typer.BadParameter("give --rate or --speed, not both")
    settings = options_of(context).source_settings(source, input_format)
    partitions_of(settings.kafka, settings.source.topic)
    begin = time.monotonic()
    with track([file], settings.source) as lines:
        summary = publish_all(Replay(settings, Pace(rate, speed)), lines)
    seconds = time.monotonic() - begin
    typer.echo(
        f"published {summary.published:,} events to {settings.source.topic} in {seconds:.1f} s "
        f"({summary.published / max(seconds, 1e-9):,.0f} a second), {summary.empty} blank lines left out"
    )
    if summary.bad:
        detail = "lines could not be understood; they were published as they are, without a key"
        typer.echo(f"distillwatch: {summary.bad} {detail}", err=True)
