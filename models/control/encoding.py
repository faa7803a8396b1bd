"""Control records as they are written: the same change, the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from models.control.parsing import ACTIONS, VERSION
from models.control.records import (
    Allow,
    Change,
    Judged,
    Override,
    Remove,
    Sample,
    Scope,
    Shadow,
    Suppress,
    What,
    Window,
)
from models.finding import Severity


def encode_change(change: Change) -> tuple[bytes, bytes]:
    """Return the key and the value of a change's record."""
    return change.id.encode(), orjson.dumps(change_fields(change))


def change_fields(change: Change) -> dict[str, Any]:
    """Return a change as a JSON-ready object; what is empty is left out."""
    fields = {
        "version": VERSION,
        "id": change.id,
        "time": in_words(change.time),
        "author": change.author,
        "kind": change.kind,
        "reason": change.reason,
        **_fields(change.what),
    }
    return {name: value for name, value in fields.items() if value not in ("", 0.0, ()) or value is False}


def in_words(time: int) -> str:
    """Return Unix milliseconds as an RFC 3339 time in UTC."""
    moment = datetime.fromtimestamp(time // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time % 1000:03d}Z"


def _fields(what: What) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind
    match what:
        case Allow():
            return {"tenant": what.tenant, "purpose": what.purpose, **_period(what)}
        case Override():
            own = {"budget_days": what.budget_days, "signals_off": what.off, "purpose": what.purpose}
            return {"tenant": what.tenant, **own, **_period(what)}
        case Window():
            return {"tenant": what.tenant, "purpose": what.purpose, **_period(what)}
        case Suppress():
            return _suppress(what)
        case Judged():
            about = {"tenant": what.tenant, "signal": what.signal}
            return {"finding": what.finding, "verdict": what.verdict.value, **about}
        case Shadow():
            name = {} if what.scope is Scope.APPLICATION else {what.scope.value: what.name}
            return {"scope": what.scope.value, **name, "on": what.on, "from": in_words(what.begins)}
        case Remove():
            return {"target": what.target}
        case Sample():
            return {"tenant": what.tenant}


def _suppress(what: Suppress) -> dict[str, Any]:
    chosen = (what.no_alert, what.no_learn)
    limit = {} if what.severity_at_most is Severity.CRITICAL else _severity(what.severity_at_most)
    return {
        "tenant": what.tenant,
        "signal": what.signal,
        **limit,
        "actions": [action for action, wanted in zip(ACTIONS, chosen, strict=True) if wanted],
        "dry_run": what.dry_run,
        **_period(what),
    }


def _severity(severity: Severity) -> dict[str, str]:
    return {"severity_at_most": severity.name.lower()}


def _period(what: Allow | Override | Window | Suppress) -> dict[str, str]:
    until = {"until": in_words(what.until)} if what.until else {}
    return {"from": in_words(what.begins), **until}
