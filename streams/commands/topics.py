"""`distillwatch topics plan|apply|check`."""

from __future__ import annotations

from typing import Annotated

import typer

from models.errors import TopicError
from streams.commands.options import options_of

app = typer.Typer(no_args_is_help=True, help="Plan, create and check the topics that distillwatch needs.")
WithSource = Annotated[
    bool,
    typer.Option("--with-source", help="Create the source topics too, which are the platform's otherwise."),
]


@app.command()
def plan(context: typer.Context, *, with_source: WithSource = False) -> None:
    """Print what `topics apply` would do; changes nothing. Exit code 2 if something must be mended."""
    from streams.topics import plan_topics  # noqa: PLC0415 - loads the admin client

    found = plan_topics(options_of(context).settings(), with_source=with_source)
    typer.echo("\n".join(found.lines()))
    if found.problems:
        raise TopicError("something has to be mended by hand before `distillwatch topics apply`")


@app.command()
def apply(context: typer.Context, *, with_source: WithSource = False) -> None:
    """Create the topics that are missing; topics that exist are never changed."""
    from streams.topics import apply_topics  # noqa: PLC0415 - loads the admin client

    done = apply_topics(options_of(context).settings(), with_source=with_source)
    typer.echo("\n".join(done.lines()))


@app.command()
def check(context: typer.Context) -> None:
    """Say whether a worker can use the topics; exit code 2 and a line for each problem if not."""
    from streams.topics import require_topics  # noqa: PLC0415 - loads the admin client

    require_topics(options_of(context).settings())
    typer.echo("The topics are as they have to be.")
