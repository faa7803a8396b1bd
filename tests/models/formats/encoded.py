"""The records of `records` as bytes, and what they say."""

from __future__ import annotations

import base64
from typing import Any

import orjson
from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS
from tests.models.formats import records

OPTIONS = AdapterOptions()
MAPPING = AdapterOptions(
    tenant=("tenant",),
    fields={
        "id": "id",
        "time": ("at", "time"),
        "model": "request.model",
        "prompt": "request.messages",
        "temperature": "/request/temperature",
        "logit_bias_size": "request.logit_bias",
        "finish_reason": "response.choices[0].finish_reason",
        "output_tokens": "response.usage.completion_tokens",
    },
)


def protobuf(record: dict[str, Any]) -> bytes:
    """What the collector exports, as Protobuf."""
    kinds = {"resourceSpans": TracesData, "resourceLogs": LogsData, "resourceMetrics": MetricsData}
    (kind,) = (kinds[name] for name in record)
    copied = orjson.loads(orjson.dumps(record))
    for group in copied.get("resourceSpans", []) + copied.get("resourceLogs", []):
        for part in group.get("scopeSpans", []) + group.get("scopeLogs", []):
            for item in part.get("spans", []) + part.get("logRecords", []):
                for name in ("traceId", "spanId"):
                    item[name] = base64.b64encode(bytes.fromhex(item[name])).decode()
    return json_format.ParseDict(copied, kind()).SerializeToString()


RECORDS: dict[str, bytes] = {
    "otlp_proto": protobuf(records.spans(records.span(records.newest()))),
    "otlp_json": orjson.dumps(records.spans(records.span(records.newest()))),
    "litellm": orjson.dumps(records.litellm()),
    "kong": orjson.dumps(records.kong()),
    "apisix": orjson.dumps([records.apisix()]),
    "envoy": orjson.dumps(records.envoy()),
    "openai": orjson.dumps(records.openai()),
    "mapping": orjson.dumps(records.openai()),
}
"""A record of each format."""


def options(name: str) -> AdapterOptions:
    """Options with which the record of a format is understood."""
    return MAPPING if name == "mapping" else OPTIONS


def decode(name: str, record: object, given: AdapterOptions | None = None) -> list[RequestEvent]:
    """Decode a record of which everything is understood."""
    value = record if isinstance(record, bytes) else orjson.dumps(record)
    found = ADAPTERS[name].decode(value, given or options(name))
    assert all(isinstance(event, RequestEvent) for event in found), found
    return [event for event in found if isinstance(event, RequestEvent)]
