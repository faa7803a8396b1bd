"""Pairs of a request to an OpenAI interface and its response, as they went over the wire.

Chat completions, responses, completions and embeddings; Anthropic's messages, which are close to them, too.
"""

from __future__ import annotations

from typing import Any

from models.formats.adapter import CONTINUES, AdapterOptions, Decoded, Source
from models.formats.plan import plan
from models.native import parse_object

OPENAI = Source(
    tenant=("tenant", "tenant_id", "metadata.tenant", "metadata.tenant_id"),
    fields={
        "id": ("id", "request_id", "response.id"),
        "time": ("time", "timestamp", "created_at", "response.created", "response.created_at"),
        "principal": ("principal", "request.safety_identifier", "request.user", "request.metadata.user_id"),
        "operation": ("operation", "response.object", "response.type"),
        "model": ("request.model", "response.model"),
        "prompt": ("request.messages", "request.input", "request.prompt"),
        "response": ("response",),
        "input_tokens": ("response.usage.prompt_tokens", "response.usage.input_tokens"),
        "output_tokens": ("response.usage.completion_tokens", "response.usage.output_tokens"),
        "max_tokens": ("request.max_completion_tokens", "request.max_output_tokens", "request.max_tokens"),
        "temperature": ("request.temperature",),
        "n": ("request.n",),
        "logprobs": ("request.logprobs", "request.top_logprobs"),
        "top_logprobs": ("request.top_logprobs", "request.logprobs"),
        "logit_bias_size": ("request.logit_bias",),
        "finish_reason": (
            "response.choices[0].finish_reason",
            "response.stop_reason",
            "response.incomplete_details.reason",
            "response.status",
        ),
        "status": ("status", "status_code", "response.status_code"),
        "conversation_id": ("conversation_id", "request.conversation.id", "request.conversation"),
        CONTINUES: ("request.previous_response_id",),
        "cached_tokens": (
            "response.usage.prompt_tokens_details.cached_tokens",
            "response.usage.input_tokens_details.cached_tokens",
            "response.usage.cache_read_input_tokens",
        ),
        "client_ip": ("client_ip",),
        "user_agent": ("user_agent",),
    },
)

_READ_BY = {"chat.completion": "messages", "response": "input", "list": "input", "text_completion": "prompt"}
"""What the interface reads, by the `object` that it sends back."""


def decode_openai(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a record `{"request": {...}, "response": {...}}` with `id`, `time` and `tenant` beside them."""
    record = parse_object(value)
    if not isinstance(record.get("request"), dict):
        return []
    _drop_what_was_not_asked(record["request"], record.get("response"))
    return [plan(OPENAI, options).read(record)]


def _drop_what_was_not_asked(request: dict[str, Any], response: Any) -> None:
    """Drop the fields of other interfaces, which a server may ignore and which would hide what was asked."""
    kind = response.get("object") if isinstance(response, dict) else None
    read = _READ_BY.get(kind) if isinstance(kind, str) else None
    if read and request.get(read):
        for name in set(_READ_BY.values()) - {read}:
            request.pop(name, None)
