"""Control records as JSON: read strictly, so that a record does what its author meant or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from models.control.fields import Fields
from models.control.records import (
    EVERYBODY,
    KINDS,
    Allow,
    Change,
    Judged,
    Override,
    Remove,
    Sample,
    Scope,
    Shadow,
    Suppress,
    Verdict,
    What,
    Window,
)
from models.control.signals import CAMPAIGN, CARRIERS, SIGNALS, SWITCHES
from models.errors import ControlError
from models.finding import Severity

VERSION = 1
MAX_BYTES = 65_536
LONGEST_MS = 366 * 86_400_000
"""The longest suppression, and the longest window of planned load."""

MOST_WILDCARDS = 8
LONGEST_BUDGET = 3650.0
ACTIONS = ("do_not_alert", "do_not_learn")
SEVERITIES = tuple(severity.name.lower() for severity in Severity)


def parse_change(value: bytes) -> Change:
    """Read a control record.

    Raises
    ------
    ControlError
        It is not a change of this version, with the reason; nothing of it may take effect.
    """
    fields = Fields(_object(value))
    if fields.whole("version") != VERSION:
        raise ControlError("wrong_version", f"this program reads version {VERSION}")
    name, time = fields.id("id"), fields.time("time")
    author, kind = fields.name("author"), fields.choice("kind", tuple(KINDS))
    reason = fields.text("reason", required=kind == "suppress")
    change = Change(name, time, author, reason, _READERS[kind](fields, time))
    fields.end()
    return change


def _object(value: bytes) -> dict[str, Any]:
    if len(value) > MAX_BYTES:
        raise ControlError("too_large", f"the record has more than {MAX_BYTES} bytes")
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ControlError("not_json", "the record is not JSON") from None
    if not isinstance(record, dict):
        raise ControlError("not_an_object", "the record is JSON but not an object")
    return record


def _allow(fields: Fields, time: int) -> What:
    tenant, purpose = fields.name("tenant"), fields.text("purpose", required=True)
    return Allow(tenant, purpose, *_period(fields, time))


def _override(fields: Fields, time: int) -> What:
    tenant, purpose = fields.name("tenant"), fields.text("purpose")
    budget = fields.number("budget_days", 1.0, LONGEST_BUDGET) if fields.has("budget_days") else 0.0
    off = fields.choices("signals_off", SWITCHES) if fields.has("signals_off") else ()
    if set(CARRIERS) <= set(off):
        detail = f"of {', '.join(CARRIERS)} one must stay on; `allow` says that a tenant alerts nobody"
        raise ControlError("wrong_value", detail)
    if not (budget or off or purpose):
        raise ControlError("missing_field", "give 'budget_days', 'signals_off' or 'purpose'")
    return Override(tenant, budget, off, purpose, *_period(fields, time))


def _window(fields: Fields, time: int) -> What:
    tenant, purpose = fields.name("tenant"), fields.text("purpose", required=True)
    if tenant != EVERYBODY:
        _no_pattern(tenant)
    return Window(tenant, purpose, *_bounded(fields, time))


def _suppress(fields: Fields, time: int) -> What:
    tenant = fields.name("tenant") if fields.has("tenant") else EVERYBODY
    if tenant.count("*") + tenant.count("?") > MOST_WILDCARDS:
        detail = f"'tenant' may hold at most {MOST_WILDCARDS} of * and ?"
        raise ControlError("wrong_value", detail)
    signal = fields.choice("signal", SIGNALS) if fields.has("signal") else ""
    limited = fields.has("severity_at_most")
    severity = fields.choice("severity_at_most", SEVERITIES) if limited else "critical"
    actions = fields.choices("actions", ACTIONS)
    if not actions:
        raise ControlError("wrong_value", f"'actions' must list some of {', '.join(ACTIONS)}")
    no_learn = "do_not_learn" in actions
    if no_learn and (signal or limited):
        detail = "'do_not_learn' is for all that a tenant does: leave out 'signal' and 'severity_at_most'"
        raise ControlError("wrong_value", detail)
    return Suppress(
        tenant,
        signal,
        Severity[severity.upper()],
        "do_not_alert" in actions,
        no_learn,
        fields.flag("dry_run", default=False),
        *_bounded(fields, time),
    )


def _verdict(fields: Fields, _time: int) -> What:
    finding, verdict = fields.id("finding"), Verdict(fields.choice("verdict", tuple(Verdict)))
    tenant = fields.name("tenant") if fields.has("tenant") else ""
    signal = fields.choice("signal", SIGNALS)
    if (signal == CAMPAIGN) != (not tenant):
        detail = f"give 'tenant', or for a campaign's finding the signal {CAMPAIGN!r} and no tenant"
        raise ControlError("wrong_value", detail)
    return Judged(finding, verdict, tenant, signal)


def _shadow(fields: Fields, time: int) -> What:
    scope = Scope(fields.choice("scope", tuple(Scope)))
    name = ""
    if scope is Scope.TENANT:
        name = fields.name("tenant")
    elif scope is Scope.SIGNAL:
        name = fields.choice("signal", SIGNALS)
    begins = fields.time("from") if fields.has("from") else time
    return Shadow(scope, name, fields.flag("on"), begins)


def _remove(fields: Fields, _time: int) -> What:
    return Remove(fields.id("target"))


def _sample(fields: Fields, _time: int) -> What:
    return Sample(fields.name("tenant"))


def _no_pattern(tenant: str) -> None:
    if set("*?") & set(tenant):
        raise ControlError("wrong_value", f"'tenant' must be one tenant's name, or {EVERYBODY} for all")


def _period(fields: Fields, time: int) -> tuple[int, int]:
    """Take the bounds of what may hold for good; it begins when it was written unless it says."""
    begins = fields.time("from") if fields.has("from") else time
    until = fields.time("until") if fields.has("until") else 0
    if until and until <= begins:
        raise ControlError("wrong_value", "'until' must lie after 'from'")
    return begins, until


def _bounded(fields: Fields, time: int) -> tuple[int, int]:
    """Take the bounds of what must come to an end."""
    if not fields.has("until"):
        raise ControlError("missing_field", "the required field 'until' is absent: this must come to an end")
    begins, until = _period(fields, time)
    if until - begins > LONGEST_MS:
        raise ControlError("wrong_value", "'until' must lie within 366 days after 'from'")
    return begins, until


_READERS: dict[str, Callable[[Fields, int], What]] = {
    "allow": _allow,
    "override": _override,
    "window": _window,
    "suppress": _suppress,
    "verdict": _verdict,
    "shadow": _shadow,
    "remove": _remove,
    "sample": _sample,
}
