"""`distillwatch backtest`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import SettingsError
from streams.commands.backtest_source import Source
from streams.commands.options import FormatOption, SourceOption, options_of
from streams.event_files import STDIN

if TYPE_CHECKING:
    from streams.backtest_work import Work
    from streams.settings import Settings

CORES = os.cpu_count() or 1


def backtest(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Events: .jsonl, .gz, .zst, .parquet, or - for stdin."),
    ] = None,
    *,
    alerts: Annotated[
        str, typer.Option("--alerts", metavar="OUT", help="File for the findings; - is stdout.")
    ],
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Folder for report.html and all that it is made of."),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option("--scores", metavar="OUT", help="File for each tenant's standing, once an interval."),
    ] = None,
    input_format: FormatOption = None,
    source: SourceOption = None,
    from_topic: Annotated[
        bool, typer.Option("--from-topic", help="Read the source's topic in place of files; needs --since.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="T", help="Records from then on: 2026-11-01, RFC 3339, 36h or 7d ago."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="Records of before then; now unless given.")
    ] = None,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="SECTION.KEY=VALUE",
            help="Judge by this setting as well; may be repeated. Some budgets unless given.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a backtest with --report that was ended.")
    ] = False,
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
    """Run the detector over files or a part of the source topic, and write its findings as JSON lines.

    It is the core that the worker runs: the same events give the same findings, marked as a replay. Lines
    that cannot be understood are counted and named, and stop nothing.
    """
    from models.control.control import Control  # noqa: PLC0415
    from streams.backtest_control import load_control  # noqa: PLC0415
    from streams.backtest_run import BacktestOptions, run_backtest  # noqa: PLC0415 - loads the detector
    from streams.backtest_tries import tried_settings, usual_tries  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no process is left behind
    lines_of = Source(files or [], from_topic=from_topic, since=since, until=until, resume=resume)
    lines_of.check()
    _check_outputs((alerts, scores), report, resume=resume, tries=tries)
    options = options_of(context).with_option("--population", "population.baseline", population)
    settings = options.source_settings(source, input_format)
    if save_population is not None and not settings.population.enabled:
        raise SettingsError("--save-population needs population.enabled = true")
    wanted = tries if tries is not None else usual_tries(settings) if report is not None else []

    def with_setting(name: str, value: str) -> Settings:
        return options.also(name, value).source_settings(source, input_format)

    work = None if report is None else _work(report, resume=resume)
    inputs, tracked = lines_of.open(settings, work)
    asked = BacktestOptions(
        alerts=alerts,
        processes=processes,
        report=report,
        scores=scores,
        control=Control() if control is None else load_control(control),
        save_baseline=save_population,
        tries=tried_settings(wanted, with_setting),
        work=work,
        inputs=inputs,
    )
    with tracked as lines, _told_how_to_go_on(work):
        text = run_backtest(settings, lines, asked)
    typer.echo(text, err=STDIN in {alerts, scores})


@contextmanager
def _told_how_to_go_on(work: Work | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if work is not None:
            typer.echo("distillwatch: the same command with --resume goes on from here", err=True)
        raise


def _work(report: Path, *, resume: bool) -> Work:
    """Take up the folder of the report, if all is there that the report is drawn with."""
    from streams.backtest_work import Work  # noqa: PLC0415
    from streams.report.page import require_report  # noqa: PLC0415

    require_report()
    return Work(report, resume=resume)


def _check_outputs(
    outputs: tuple[str, str | None], report: Path | None, *, resume: bool, tries: list[str] | None
) -> None:
    """Refuse options that do not go together."""
    if resume and report is None:
        raise typer.BadParameter("--resume needs the --report that the backtest had")
    if resume and STDIN in outputs:
        raise typer.BadParameter("--resume cannot go on with what was written to stdout: give a file")
    if tries and report is None:
        raise typer.BadParameter("--try needs --report")
