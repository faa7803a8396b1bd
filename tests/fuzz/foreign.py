"""A small record of each format that other projects write, for the fuzzer to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

_HEAD = {"id": "r1", "time": 1_772_582_400, "tenant": "acme"}
_CHAT = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"text": "b"}]}]
_CAME = {"choices": [{"text": "b", "finish_reason": "stop"}]}


def foreign() -> Iterator[bytes]:
    """Yield the records."""
    yield from map(orjson.dumps, _json())
    pairs = [
        _field(1, key) + _field(2, _field(1, b"m"))
        for key in (b"gen_ai.request.model", b"gen_ai.prompt", b"user.id")
    ]
    start = b"\x39" + (1_772_582_400_123_000_000).to_bytes(8, "little")
    span = _field(1, bytes(16)) + _field(2, bytes(8)) + start + b"".join(_field(9, pair) for pair in pairs)
    yield _field(1, _field(2, _field(2, span)))


def _json() -> Iterator[Any]:
    yield _HEAD | {"request": {"messages": _CHAT}, "response": _CAME}
    key = {"user_api_key_hash": "k"}
    yield _HEAD | {"call_type": "completion", "startTime": 1_772_582_400.5, "metadata": key, "messages": "a"}
    asked = orjson.dumps({"messages": [{"role": "tool", "content": "a"}], "logit_bias": {"1": 2}}).decode()
    proxy = {"usage": {"prompt_tokens": 4}, "payload": {"request": asked}}
    yield {
        "workspace": "w",
        "started_at": 1_772_582_400_123,
        "request": {"id": "r"},
        "ai": {"proxy": proxy},
    }
    yield [{"llm_model": "m", "start_time": 1_772_582_400_123, "request_id": "r", "tenant": 5}]
    yield {"genai_model_name": "m", "start_time": "2026-03-04T00:00:00Z", "x-request-id": "r", "tenant": "t"}
    values = {"gen_ai.request.model": {"stringValue": "m"}, "user.id": {"intValue": "5"}}
    span = {
        "traceId": "00",
        "spanId": "01",
        "startTimeUnixNano": "1772582400123000000",
        "attributes": [{"key": key, "value": value} for key, value in values.items()],
    }
    yield {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _field(number: int, value: bytes) -> bytes:
    """Return a field of Protobuf that holds bytes, fewer than 128."""
    return bytes([number << 3 | 2, len(value)]) + value
