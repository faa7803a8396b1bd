"""Requests as a collector of OpenTelemetry exports them: many spans a record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

FLAGS = 'attributes."guard.flags"'
"""Where the spans below say what another system found; no convention has a name for it."""

SOURCE = {"format": "otlp_json", "fields": {"flags": FLAGS}}
"""The settings that read them."""


def span(request: dict[str, Any]) -> dict[str, Any]:
    """Write a request of the native format, with a time in Unix milliseconds, as a span."""
    trace = md5(request["id"].encode(), usedforsecurity=False).hexdigest()
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gateway",
        "gen_ai.request.model": "m1",
        "gen_ai.response.id": request["id"],
        "gen_ai.input.messages": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": request["prompt"]}]}]
        ),
        **({"tenant.id": request["tenant"]} if "tenant" in request else {}),
    }
    attributes = [{"key": key, "value": {"stringValue": text}} for key, text in texts.items()]
    if flags := request.get("flags"):
        values = [{"stringValue": flag} for flag in flags]
        attributes.append({"key": "guard.flags", "value": {"arrayValue": {"values": values}}})
    return {
        "traceId": trace,
        "spanId": trace[:16],
        "name": "chat",
        "startTimeUnixNano": str(request["time"] * 1_000_000),
        "attributes": attributes,
    }


def exported(requests: Iterable[dict[str, Any]]) -> bytes:
    """Return one record that holds these requests."""
    scope = {"scope": {"name": "gateway"}, "spans": [span(request) for request in requests]}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "gateway"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}).encode()


def kong(request: dict[str, Any]) -> bytes:
    """Write a request as a log entry of Kong's AI Gateway with one field that its owner added."""
    record = {
        "request": {"id": request["id"], "headers": {"authorization": "Bearer zqxjsecret"}},
        "started_at": request["time"],
        "consumer": {"id": request["tenant"]},
        "ai": {
            "proxy": {"payload": {"request": {"messages": [{"role": "user", "content": request["prompt"]}]}}}
        },
        "response": {"status": 200},
        "guard": request.get("flags", []),
    }
    return json.dumps(record).encode()


def rfc3339(milliseconds: int) -> str:
    """Write a time in words."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
