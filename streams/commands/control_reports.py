"""`distillwatch control list` and `distillwatch control history`."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from streams.commands.control_options import JsonOption
from streams.commands.options import options_of
from streams.control_fields import now_ms


def list_changes(
    context: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="Also what holds no more, and what was done.")] = False,
    counts: Annotated[
        bool, typer.Option("--counts", help="How many findings on the alert topic each rule fits.")
    ] = False,
    records: Annotated[
        bool, typer.Option("--records", help="All records as they are, for `backtest --control`.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the changes that hold or are planned."""
    from streams.control_desk import Desk  # noqa: PLC0415 - loads librdkafka
    from streams.control_lookup import count_matches  # noqa: PLC0415
    from streams.control_views import as_line, as_object, states_of  # noqa: PLC0415

    settings, now = options_of(context).settings(), now_ms()
    desk = Desk(settings)
    if records:
        for entry in desk.entries:
            typer.echo(entry.value.decode()) if entry.change is not None else None
        return
    control = desk.control
    matched, suppressed = count_matches(settings) if counts else ({}, {})
    states = states_of(control, now)
    for change in control.changes.values():
        state = states[change.id]
        if not every and state not in {"planned", "holds"}:
            continue
        found: dict[str, Any] = {}
        if counts:
            found = {"matched": matched[change.id], "suppressed": suppressed[change.id]}
        if json:
            _print_json({**as_object(change, state), **found})
        else:
            tally = "".join(f"  {name}={count}" for name, count in found.items())
            typer.echo(as_line(change, state) + tally)


def history(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")],
    *,
    json: JsonOption = False,
) -> None:
    """Show every change that touched a tenant, the oldest first, with author and time.

    Changes to all tenants and to patterns that fit are among them, and so are those that ended, were taken
    back or were refused.
    """
    from streams.control_desk import Desk  # noqa: PLC0415 - loads librdkafka
    from streams.control_views import as_line, as_object, names, refused_object, states_of  # noqa: PLC0415

    now, desk = now_ms(), Desk(options_of(context).settings())
    touched = {change.id for change in desk.control.history(tenant)}
    states = states_of(desk.control, now)
    for entry in desk.entries:
        change = entry.change
        if change is not None and change.id in touched:
            state = states[change.id]
            if json:
                _print_json(as_object(change, state))
            else:
                typer.echo(as_line(change, state))
        elif change is None and names(entry, tenant):
            refused = refused_object(entry)
            shown = f"offset {refused['offset']}  refused  {refused['reason']}"
            _print_json(refused) if json else typer.echo(shown)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(value).decode())
