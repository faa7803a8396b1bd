"""`distillwatch formats list|check`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.commands.options import FormatOption, SourceOption, options_of

app = typer.Typer(no_args_is_help=True, help="Say which input formats there are, and try one on a file.")

FileArgument = typer.Argument(metavar="FILE", help="Records, one a line: .jsonl, .gz, .zst, or - for stdin.")
SummaryOption = Annotated[bool, typer.Option("--summary", help="Say nothing of the single records.")]


@app.command("list")
def list_() -> None:
    """Print the input formats, whether a record may hold many events, and whether they hold prompts."""
    from streams.formats import described  # noqa: PLC0415 - loads numpy

    typer.echo("\n".join(described()))


@app.command()
def check(
    context: typer.Context,
    file: Annotated[str, FileArgument],
    *,
    input_format: FormatOption = None,
    source: SourceOption = None,
    summary: SummaryOption = False,
) -> None:
    """Say of every record of a file what is understood, what is missing, and which signals will work.

    Of a record no more is shown than the ids, tenants and times of its requests. Files of otlp_proto hold
    messages with their length before each, or a single message. Exit code 1 if nothing is understood.
    """
    from streams.commands.progress import track  # noqa: PLC0415
    from streams.format_check import FormatCheck  # noqa: PLC0415 - loads numpy

    settings = options_of(context).source_settings(source, input_format)
    checked = FormatCheck(settings)
    with track([file], settings.source) as lines:
        for line in lines:
            said = checked.look(line)
            if not summary:
                typer.echo("\n".join(said))
    typer.echo("\n".join(checked.summary()))
    if not checked.tally.events:
        raise typer.Exit(1)
