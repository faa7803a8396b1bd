"""The command `distillwatch`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from models.errors import WRONG_SETUP, DistillwatchError
from streams.commands import (
    alerts,
    alerts_sample,
    backtest,
    config,
    console,
    control,
    control_reports,
    demo,
    doctor,
    explain,
    formats,
    notify,
    replay,
    simulate,
    state,
    topics,
    tune,
    worker,
)
from streams.commands.options import Options, parse_flags
from streams.release import release

OK, FAILED, WRONG_USE = 0, 1, 2

app = typer.Typer(
    name="distillwatch",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("worker")(worker.worker)
app.command("backtest")(backtest.backtest)
app.command("tune")(tune.tune)
app.command("replay")(replay.replay)
app.command("simulate")(simulate.simulate)
alerts_app = typer.Typer(invoke_without_command=True)
alerts_app.callback()(alerts.alerts)
alerts_app.command("sample")(alerts_sample.sample)
app.add_typer(alerts_app, name="alerts")
control.app.command("list")(control_reports.list_changes)
control.app.command("history")(control_reports.history)
app.add_typer(control.app, name="control")
app.command("notify")(notify.notify)
app.command("console")(console.console)
app.command("explain")(explain.explain)
app.add_typer(topics.app, name="topics")
app.add_typer(state.app, name="state")
app.add_typer(config.app, name="config")
app.add_typer(formats.app, name="formats")
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"distillwatch {release()}")
        raise typer.Exit


@app.callback()
def distillwatch(
    context: typer.Context,
    *,
    config_file: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings file; ./distillwatch.toml if there is one."),
    ] = None,
    flags: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.KEY=VALUE", help="One setting; may be repeated."),
    ] = None,
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Detect model extraction in streams of LLM requests on Kafka."""
    context.obj = Options(config_file, parse_flags(flags or []))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 fine, 1 failed, 2 wrong settings, topics or usage."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAILED
    except DistillwatchError as error:
        for line in str(error).splitlines():
            typer.echo(f"distillwatch: {line}", err=True)
        return WRONG_USE if isinstance(error, WRONG_SETUP) else FAILED
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        typer.echo(f"distillwatch: {error.strerror or error}{where}: what was written is not whole", err=True)
        _discard_output()
        return FAILED
    return OK


def _discard_output() -> None:
    """Let what is still buffered go nowhere: Python would try to write it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
