"""OTLP as Protobuf: what the collector's Kafka exporter writes by default, spans or log records.

A record does not say which of the two it holds. Both, and metrics, are a list of resources with lists of
scopes with lists of items; the ids and the times of the items tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from models.errors import DecodeError, SettingsError
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

_TRACE_BYTES, _SPAN_BYTES = 16, 8
_FAILED = 2


class Messages(NamedTuple):
    """The messages that a record may be, and the error of a record that is none."""

    traces: Any
    logs: Any
    error: type[Exception]


@cache
def messages() -> Messages:
    """Load the definitions of OTLP.

    Raises
    ------
    SettingsError
        They are not installed.
    """
    try:
        # An optional extra.
        from google.protobuf.message import (  # type: ignore[import-untyped] # noqa: PLC0415
            DecodeError as Malformed,
        )
        from opentelemetry.proto.logs.v1.logs_pb2 import LogsData  # noqa: PLC0415
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "source.format 'otlp_proto' needs the definitions of OTLP: pip install 'distillwatch[otlp]'"
        ) from None
    return Messages(TracesData, LogsData, Malformed)


def decode_otlp_proto(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read the requests to models that spans or log records tell of."""
    found = plan(OTLP, options)
    return [read_signal(signal, found) for signal in bounded(_signals(value), options.limits.max_events)]


def _signals(value: bytes) -> Iterable[Signal]:
    known = messages()
    traces = _parsed(known.traces, value, known.error)
    if traces is not None and _are_spans(traces):
        return _spans(traces)
    logs = _parsed(known.logs, value, known.error)
    if logs is not None and _are_logs(logs):
        return _logs(logs)
    if traces is None and logs is None:
        raise DecodeError("not_otlp", "the record is not OTLP as Protobuf; see source.format")
    return ()


def _parsed(kind: Any, value: bytes, malformed: type[Exception]) -> Any:
    try:
        return kind.FromString(value)
    except malformed:
        return None


def _are_spans(traces: Any) -> bool:
    spans = (span for group in traces.resource_spans for part in group.scope_spans for span in part.spans)
    span = next(spans, None)
    return span is not None and (len(span.trace_id), len(span.span_id)) == (_TRACE_BYTES, _SPAN_BYTES)


def _are_logs(logs: Any) -> bool:
    found = (log for group in logs.resource_logs for part in group.scope_logs for log in part.log_records)
    log = next(found, None)
    return log is not None and bool(log.time_unix_nano or log.observed_time_unix_nano)


def _spans(traces: Any) -> Iterator[Signal]:
    for group in traces.resource_spans:
        resource = _attributes(group.resource.attributes)
        for part in group.scope_spans:
            scope = _attributes(part.scope.attributes)
            for span in part.spans:
                if not may_be_of_interest(pair.key for pair in span.attributes):
                    continue  # most spans of a topic are about something else
                attributes = _attributes(span.attributes)
                if of_interest(attributes):
                    events = [(event.name, _attributes(event.attributes)) for event in span.events]
                    status = "error" if span.status.code == _FAILED else "ok"
                    about = span.name, _trace(span), span.start_time_unix_nano, status, events
                    yield Signal(attributes, resource, scope, *about)


def _logs(logs: Any) -> Iterator[Signal]:
    for group in logs.resource_logs:
        resource = _attributes(group.resource.attributes)
        for part in group.scope_logs:
            scope = _attributes(part.scope.attributes)
            for log in part.log_records:
                attributes = _attributes(log.attributes)
                name = log.event_name or str(attributes.get("event.name", ""))
                if name == DETAILS and isinstance(body := _value(log.body), dict):
                    attributes = body | attributes
                if name in ("", DETAILS) and of_interest(attributes):
                    time = log.time_unix_nano or log.observed_time_unix_nano
                    status = "error" if "error.type" in attributes else None
                    yield Signal(attributes, resource, scope, name, _trace(log), time, status)


def _attributes(pairs: Any) -> Attributes:
    found: Attributes = {}
    for pair in pairs:
        value = pair.value
        kind = value.WhichOneof("value")
        if kind == "string_value":  # nearly all are texts or whole numbers
            found[pair.key] = value.string_value
        elif kind == "int_value":
            found[pair.key] = value.int_value
        elif (other := _value(value)) is not None:
            found[pair.key] = other
    return found


def _value(value: Any) -> Any:
    """Return what a value of any kind says; bytes say nothing here."""
    kind = value.WhichOneof("value")
    if kind in ("string_value", "int_value", "bool_value", "double_value"):
        return getattr(value, kind)
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return _attributes(value.kvlist_value.values) if kind == "kvlist_value" else None


def _trace(item: Any) -> str:
    trace, span = item.trace_id, item.span_id
    return f"{trace.hex()}-{span.hex()}" if trace and span else ""
