"""`distillwatch state`: what stands on the state topic, and in files of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.options import options_of

app = typer.Typer(no_args_is_help=True, help="Look at the state of the tenants, save it and bring it back.")


@app.callback()
def state() -> None:
    """Look at the state of the tenants, save it and bring it back."""


@app.command()
def digest(
    context: typer.Context,
    *,
    tenants: Annotated[
        bool, typer.Option("--tenants", help="A line for each tenant in place of one.")
    ] = False,
) -> None:
    """Print a digest of all tenants' state and how many there are.

    Two runs over the same events have the same digest, however often their workers were stopped or killed.
    """
    from streams.state_digest import overall_digest, tenant_digests  # noqa: PLC0415 - loads librdkafka

    found = tenant_digests(options_of(context).settings())
    if tenants:
        for entry in found:
            typer.echo(f"{entry.digest} {entry.tenant}")
    else:
        typer.echo(f"{overall_digest(found)} {len(found)}")


@app.command()
def population(
    context: typer.Context,
    *,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the baseline to a file.")
    ] = None,
) -> None:
    """Print which baseline newcomers are compared with, and how many peers it has.

    A saved one is what `backtest --population` and `population.baseline` begin with.
    """
    from streams.baseline import save_baseline  # noqa: PLC0415 - loads numpy
    from streams.state_population import read_population  # noqa: PLC0415 - loads librdkafka

    newcomers = read_population(options_of(context).settings())
    if save is not None:
        save_baseline(save, newcomers)
    typer.echo(f"{newcomers.version} {newcomers.peers}")


StateFile = Annotated[Path, typer.Argument(metavar="FILE", help="File with the state of a group.")]


@app.command("export")
def export_(context: typer.Context, file: StateFile) -> None:
    """Write all that a stopped group knows to one file.

    Tenants, templates, campaigns, the population, and what of our own topics nobody has read yet.
    """
    from streams.state_export import export_state  # noqa: PLC0415 - loads librdkafka

    done = export_state(options_of(context).settings(), file)
    typer.echo(f"{done.tenants} tenants, {done.state} state records, {done.unread} records not read yet")
    if done.damaged:
        typer.echo(f"{done.damaged} damaged state records were left out", err=True)


@app.command("import")
def import_(context: typer.Context, file: StateFile) -> None:
    """Bring the state of a file to empty topics, so that workers go on where it was written."""
    from streams.state_import import import_state  # noqa: PLC0415 - loads librdkafka

    done = import_state(options_of(context).settings(), file)
    typer.echo(f"{done.tenants} tenants, {done.state} state records, {done.unread} records not read yet")
    if done.cold:
        typer.echo(f"{done.cold} tenants start cold: their snapshots cannot be read", err=True)
