"""`distillwatch console`."""

from __future__ import annotations

import typer

from models.errors import SettingsError
from streams.commands.options import options_of


def console(context: typer.Context) -> None:
    """Serve a web page on alerts, tenants and campaigns. SIGTERM ends it."""
    settings = options_of(context).settings()
    try:
        from streams.console.process import run_console  # noqa: PLC0415 - loads librdkafka
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the console needs {error.name}: install it with `pip install 'distillwatch[console]'`"
        ) from None
    raise typer.Exit(run_console(settings))
