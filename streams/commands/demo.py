"""`distillwatch demo`."""

from __future__ import annotations

import sys
from threading import Timer
from typing import Annotated

import typer

_SILENT_SECONDS = 2.0
"""What was compiled before is loaded in less."""


def demo(
    *,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="N", min=1.0, help="How long it runs.")
    ] = 45.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the findings only, a JSON line each.")
    ] = False,
) -> None:
    """Watch the whole pipeline at work, without Kafka, Java or Docker.

    An embedded broker, a worker, and ten simulated tenants, one of which turns to extraction. The exit code
    is 0 if it was caught. Settings are not read: nobody's broker is touched.
    """
    # The detector and Faust are loaded here, as other commands can do without them.
    from rich.console import Console  # noqa: PLC0415

    from streams.demo import run_demo  # noqa: PLC0415
    from streams.demo_text import summary  # noqa: PLC0415
    from streams.demo_views import JsonView, PlainView  # noqa: PLC0415
    from streams.live_view import LiveView  # noqa: PLC0415

    _compile()
    if as_json:
        raise typer.Exit(0 if run_demo(seconds, JsonView()).caught else 1)
    if sys.stdout.isatty():
        with LiveView(Console()) as view:
            state = run_demo(seconds, view)
    else:
        state = run_demo(seconds, PlainView())
    typer.echo(summary(state))
    raise typer.Exit(0 if state.caught else 1)


def _compile() -> None:
    """Compile the detector where that was never done: a first demo must not pass without a request judged."""
    from models.warming import warm_up  # noqa: PLC0415 - loads the detector

    detail = "compiling the detector's core, once: half a minute, more on a busy machine ..."
    patience = Timer(_SILENT_SECONDS, typer.echo, (detail,), {"err": True})
    patience.daemon = True
    patience.start()
    try:
        warm_up()
    finally:
        patience.cancel()
