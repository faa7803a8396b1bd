"""`distillwatch simulate`."""

from __future__ import annotations

import time
from typing import Annotated

import typer


def simulate(
    *,
    hours: Annotated[
        float, typer.Option("--hours", metavar="H", min=0.1, help="How many hours of traffic.")
    ] = 40.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another number, other requests.")] = 1,
    until_now: Annotated[
        bool, typer.Option("--until-now", help="Move the times so that the last hour is the present one.")
    ] = False,
) -> None:
    """Print the requests of ten simulated tenants, a JSON line each, as the native format has them.

    One of them turns to extraction after 33 hours. Pipe it into `distillwatch replay -` or `backtest -`.
    """
    from streams.simulation import requests_of  # noqa: PLC0415 - other commands can do without it

    end = int(time.time() * 1000) if until_now else None
    for line in requests_of(seed, hours, end):
        typer.echo(line)
