"""`distillwatch backtest`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from models.errors import SettingsError
from streams.commands.options import EventFileArgument, FormatOption, SourceOption, options_of
from streams.commands.progress import track

CORES = os.cpu_count() or 1


def backtest(
    context: typer.Context,
    files: Annotated[list[str], EventFileArgument],
    *,
    alerts: Annotated[
        str, typer.Option("--alerts", metavar="OUT", help="File for the findings; - is stdout.")
    ],
    report: Annotated[
        str | None, typer.Option("--report", metavar="DIR", help="Folder for the summary and the bad lines.")
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option("--scores", metavar="OUT", help="File for each tenant's standing, once an interval."),
    ] = None,
    input_format: FormatOption = None,
    source: SourceOption = None,
    population: Annotated[
        str | None,
        typer.Option("--population", metavar="FILE", help="Begin with this population baseline."),
    ] = None,
    save_population: Annotated[
        Path | None,
        typer.Option("--save-population", metavar="FILE", help="Write the population baseline at the end."),
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option("--control", metavar="FILE", help="What operators changed: a record a line."),
    ] = None,
    processes: Annotated[
        int,
        typer.Option(
            "--processes",
            metavar="N",
            min=0,
            show_default="one a core",
            help="Processes that sketch; 0 does without.",
        ),
    ] = CORES,
) -> None:
    """Run the detector over files, in their order, and write its findings as JSON lines.

    It is the core that the worker runs: the same events give the same findings. Lines that cannot be
    understood are counted and named, and stop nothing.
    """
    from streams.backtest_run import run_backtest  # noqa: PLC0415 - loads numpy and the detector

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no process is left behind
    options = options_of(context).with_option("--population", "population.baseline", population)
    settings = options.source_settings(source, input_format)
    if save_population is not None and not settings.population.enabled:
        raise SettingsError("--save-population needs population.enabled = true")
    with track(files, settings.source) as lines:
        text = run_backtest(
            settings,
            lines,
            alerts,
            report,
            processes,
            save_baseline_to=save_population,
            control_from=control,
            scores=scores,
        )
    typer.echo(text, err="-" in (alerts, scores))
