"""`distillwatch state`: what stands on the state topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.options import options_of

app = typer.Typer(no_args_is_help=True, help="Look at the state of the tenants on the state topic.")


@app.callback()
def state() -> None:
    """Look at the state of the tenants on the state topic."""


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
