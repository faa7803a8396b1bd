"""`distillwatch control`: change a running detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from models.errors import ControlError
from streams.commands.control_options import (
    AuthorOption,
    FromOption,
    JsonOption,
    ReasonOption,
    UntilOption,
    common,
)
from streams.commands.options import options_of
from streams.control_fields import period

if TYPE_CHECKING:
    from streams.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Change a running detector, and see what was changed.")
TenantArgument = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")]


@app.callback()
def control() -> None:
    """Change a running detector, and see what was changed."""


@app.command()
def allow(
    context: typer.Context,
    tenant: TenantArgument,
    *,
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What the tenant is for.")],
    begins: FromOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Let the findings of a tenant alert nobody; they are written all the same, as Suppressed."""
    fields = {"tenant": tenant, "purpose": purpose, **period(begins, until)}
    _add(context, {**common("allow", author, reason), **fields}, json=json)


@app.command()
def override(
    context: typer.Context,
    tenant: TenantArgument,
    *,
    budget_days: Annotated[
        float | None, typer.Option("--budget-days", metavar="N", help="One false alert in so many days.")
    ] = None,
    signals_off: Annotated[
        list[str] | None,
        typer.Option("--signal-off", metavar="SIGNAL", help="A signal that does not count; may be repeated."),
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What the tenant is for.")] = "",
    begins: FromOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Judge a tenant by another budget, or without some signals."""
    own = {"budget_days": budget_days, "signals_off": signals_off or None, "purpose": purpose or None}
    fields = {"tenant": tenant, **own, **period(begins, until)}
    _add(context, {**common("override", author, reason), **fields}, json=json)


@app.command()
def window(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name, or * for all.")],
    *,
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What load is planned.")],
    until: UntilOption = None,
    begins: FromOption = None,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Plan load: until it ends, requests are counted, and neither weighed nor learned."""
    fields = {"tenant": tenant, "purpose": purpose, **period(begins, until)}
    _add(context, {**common("window", author, reason), **fields}, json=json)


@app.command()
def suppress(
    context: typer.Context,
    *,
    reason: ReasonOption = "",
    until: UntilOption = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="PATTERN", help="A name, or a pattern with * and ?.")
    ] = None,
    signal: Annotated[
        str | None, typer.Option("--signal", metavar="SIGNAL", help="Only findings it is strongest in.")
    ] = None,
    severity: Annotated[
        str | None,
        typer.Option("--severity-at-most", metavar="SEVERITY", help="Only findings that are not graver."),
    ] = None,
    alert: Annotated[
        bool, typer.Option("--do-not-alert", help="Findings that fit alert nobody; so unless told otherwise.")
    ] = False,
    learn: Annotated[
        bool, typer.Option("--do-not-learn", help="Tenants that fit are not learned from.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what fits.")] = False,
    begins: FromOption = None,
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Silence findings, or stop learning, for a while; needs a reason and an end."""
    chosen = {"do_not_alert": alert or not learn, "do_not_learn": learn}
    fields = {
        "tenant": tenant,
        "signal": signal,
        "severity_at_most": severity,
        "actions": [action for action, wanted in chosen.items() if wanted],
        "dry_run": dry_run,
        **period(begins, until),
    }
    _add(context, {**common("suppress", author, reason), **fields}, json=json)


@app.command()
def verdict(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="UID", help="The finding_info.uid of the finding.")],
    verdict: Annotated[
        str, typer.Argument(metavar="VERDICT", help="false_positive, benign, true_positive or test.")
    ],
    *,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a finding was: it closes, and counts for the precision of its signal."""
    from streams.control_lookup import look_up  # noqa: PLC0415 - loads librdkafka

    known = look_up(_settings(context), finding)
    about = {"tenant": known.tenant or None, "signal": known.signal}
    fields = {"finding": finding, "verdict": verdict, **about}
    _add(context, {**common("verdict", author, reason), **fields}, json=json)


@app.command()
def shadow(
    context: typer.Context,
    switch: Annotated[str, typer.Argument(metavar="on|off", help="Whether findings are in shadow.")],
    *,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="TENANT", help="Only those of a tenant.")
    ] = None,
    signal: Annotated[
        str | None, typer.Option("--signal", metavar="SIGNAL", help="Only those a signal is strongest in.")
    ] = None,
    begins: FromOption = None,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Mark findings as Experimental, so that they alert nobody: all, a tenant's, or a signal's."""
    if switch not in {"on", "off"}:
        raise ControlError("wrong_value", f"{switch!r} must be on or off")
    if tenant is not None and signal is not None:
        raise ControlError("wrong_value", "give --tenant or --signal, not both")
    scope = "tenant" if tenant is not None else "signal" if signal is not None else "application"
    fields = {"scope": scope, "tenant": tenant, "signal": signal, "on": switch == "on", "from": begins}
    _add(context, {**common("shadow", author, reason), **fields}, json=json)


@app.command()
def remove(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="ID", help="The change's id, as `control list` shows it.")],
    *,
    reason: ReasonOption = "",
    author: AuthorOption = None,
    json: JsonOption = False,
) -> None:
    """Take a change back from now on."""
    _add(context, {**common("remove", author, reason), "target": target}, json=json)


def _settings(context: typer.Context) -> Settings:
    return options_of(context).settings()


def _add(context: typer.Context, fields: dict[str, object], *, json: bool) -> None:
    """Write a change and say under which id."""
    from models.control.encoding import change_fields  # noqa: PLC0415 - with librdkafka
    from streams.control_desk import Desk, draft  # noqa: PLC0415 - loads librdkafka

    value = draft(fields)
    change = Desk(_settings(context)).add(value)
    typer.echo(orjson.dumps(change_fields(change)).decode() if json else f"{change.kind} {change.id}")
