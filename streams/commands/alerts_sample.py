"""`distillwatch alerts sample`: a test finding through the whole path."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated, Any

import orjson
import typer

from models.errors import DistillwatchError
from streams.commands.control_options import AuthorOption, common
from streams.commands.options import options_of


def sample(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="Whom the test finding is about.")],
    *,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=1.0, help="How long to wait for a worker.")
    ] = 30.0,
    author: AuthorOption = None,
) -> None:
    """Have the worker that judges a tenant say a test finding, wait for it and print it.

    It is marked [SAMPLE] and goes where every finding goes, so that what reads the alert topic can be tried.
    """
    from streams.control_desk import Desk, draft  # noqa: PLC0415 - loads librdkafka
    from streams.topic_reader import TopicReader  # noqa: PLC0415

    settings = options_of(context).settings()
    topics, value = settings.topics, draft({**common("sample", author), "tenant": tenant})
    desk = Desk(settings)
    with closing(TopicReader(settings.kafka, topics.alerts, from_beginning=False)) as reader:
        for _ in reader.present():  # so that the end is where we stand before we ask
            pass
        change = desk.add(value)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            record = reader.poll()
            found = b"" if record is None else record.value() or b""
            if change.id.encode() in found and _asked_by(found) == change.id:
                typer.echo(found.decode())
                return
    raise DistillwatchError(
        f"no worker answered within {wait:g} s: is one running that follows {topics.control} and writes to "
        f"{topics.alerts}? See `distillwatch doctor`"
    )


def _asked_by(value: bytes) -> Any:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return found.get("unmapped", {}).get("sample") if isinstance(found, dict) else None
