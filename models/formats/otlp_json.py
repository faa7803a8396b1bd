"""OTLP as JSON: what the collector's Kafka exporter writes with `encoding: otlp_json`, spans and log records.

Keys are in lowerCamelCase, ids in hexadecimal, and whole numbers of 64 bits may be texts, as OTLP lays down.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from models.errors import DecodeError
from models.formats.adapter import AdapterOptions, Decoded
from models.formats.bound import bounded
from models.formats.otlp import (
    DETAILS,
    OTLP,
    Attributes,
    Signal,
    may_be_of_interest,
    of_interest,
    read_signal,
)
from models.formats.plan import plan
from models.formats.values import count
from models.native import parse_object

DEEPEST = 64
"""Levels of a value within a value; what lies deeper is left out."""

_OF_SPANS = "resourceSpans", ("scopeSpans", "instrumentationLibrarySpans"), "spans"
_OF_LOGS = "resourceLogs", ("scopeLogs", "instrumentationLibraryLogs"), "logRecords"
_FAILED = (2, "STATUS_CODE_ERROR")


def decode_otlp_json(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read the requests to models that spans or log records tell of."""
    record = parse_object(value)
    found = plan(OTLP, options)
    signals = bounded(chain(_spans(record), _logs(record)), options.limits.max_events)
    return [read_signal(signal, found) for signal in signals]


def _spans(record: dict[str, Any]) -> Iterator[Signal]:
    for resource, scope, span in _each(record, *_OF_SPANS):
        if not may_be_of_interest(_names(span)):
            continue  # most spans of a topic are about something else
        attributes = _attributes(span)
        if of_interest(attributes):
            events = [(event.get("name"), _attributes(event)) for event in _objects(span, "events")]
            status = span.get("status")
            failed = isinstance(status, dict) and status.get("code") in _FAILED
            yield Signal(
                attributes,
                resource,
                scope,
                _text(span.get("name")),
                _trace(span),
                _nanoseconds(span.get("startTimeUnixNano")),
                "error" if failed else "ok",
                [(name, more) for name, more in events if isinstance(name, str)],
            )


def _logs(record: dict[str, Any]) -> Iterator[Signal]:
    for resource, scope, log in _each(record, *_OF_LOGS):
        attributes = _attributes(log)
        name = _text(log.get("eventName") or attributes.get("event.name"))
        if name == DETAILS and isinstance(body := _value(log.get("body")), dict):
            attributes = body | attributes
        if name in ("", DETAILS) and of_interest(attributes):
            time = _nanoseconds(log.get("timeUnixNano")) or _nanoseconds(log.get("observedTimeUnixNano"))
            status = "error" if "error.type" in attributes else None
            yield Signal(attributes, resource, scope, name, _trace(log), time, status)


def _each(
    record: dict[str, Any], outer: str, middle: tuple[str, ...], inner: str
) -> Iterator[tuple[Attributes, Attributes, dict[str, Any]]]:
    """Yield each span or record with the attributes of its resource and scope."""
    for group in _objects(record, outer):
        resource = _attributes(group.get("resource"))
        for name in middle:
            for part in _objects(group, name):
                scope = _attributes(part.get("scope"))
                for item in _objects(part, inner):
                    yield resource, scope, item


def _objects(record: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = record.get(name)
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DecodeError("not_otlp", f"'{name}' must be a list of objects")
    return items


def _names(holder: dict[str, Any]) -> Iterator[str]:
    pairs = holder.get("attributes")
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and isinstance(name := pair.get("key"), str):
            yield name


def _attributes(holder: Any) -> Attributes:
    if not isinstance(holder, dict):
        return {}
    return _pairs(holder.get("attributes"), DEEPEST)


def _pairs(pairs: Any, deepest: int) -> Attributes:
    found = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and isinstance(key := pair.get("key"), str):
            value = _value(pair.get("value"), deepest)
            if value is not None:
                found[key] = value
    return found


def _value(value: Any, deepest: int = DEEPEST) -> Any:
    """Return what a value of any kind says; bytes say nothing here."""
    if not isinstance(value, dict) or not deepest:
        return None
    for kind, held in value.items():
        if kind in ("stringValue", "boolValue", "doubleValue"):
            return held
        if kind == "intValue":
            return count(held)
        if kind in ("arrayValue", "kvlistValue") and isinstance(held, dict):
            inner = held.get("values")
            if kind == "kvlistValue":
                return _pairs(inner, deepest - 1)
            return [_value(item, deepest - 1) for item in inner] if isinstance(inner, list) else []
    return None


def _nanoseconds(value: Any) -> int:
    number = count(value)
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _trace(item: dict[str, Any]) -> str:
    trace, span = _text(item.get("traceId")), _text(item.get("spanId"))
    return f"{trace}-{span}" if trace and span else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
