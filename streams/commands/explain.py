"""`distillwatch explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.options import options_of

if TYPE_CHECKING:
    from streams.settings import Settings


def explain(
    context: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="UID|TENANT", help="An episode's or a campaign's uid, or a tenant.")
    ],
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Folder of a backtest; the topics unless given."),
    ] = None,
) -> None:
    """Say in plain words what happened: since when, which signals, against which normal, which requests.

    It reads the alert topic, and the scores topic where `scores.enabled`, from their beginnings, or the
    folder that `backtest --report` wrote.
    """
    from streams.backtest_folder import BacktestFolder  # noqa: PLC0415 - loads zstandard
    from streams.explain import Told, explain  # noqa: PLC0415

    if folder is not None:
        found = BacktestFolder(folder)
        told = Told(str(folder), found.findings(), found.scores())
        lines = explain(target, told)
    else:
        lines = _from_topics(target, options_of(context).settings())
    typer.echo("\n".join(lines))


def _from_topics(target: str, settings: Settings) -> list[str]:
    from streams.explain import Told, explain  # noqa: PLC0415
    from streams.told_topics import json_values  # noqa: PLC0415 - loads librdkafka

    topics = settings.topics
    findings = json_values(settings, topics.alerts)
    if not settings.scores.enabled:
        return explain(target, Told(f"the topic {topics.alerts}", findings))
    place = f"the topics {topics.alerts} and {topics.scores}"
    return explain(target, Told(place, findings, json_values(settings, topics.scores)))
