"""Pairs of a request to an OpenAI interface and its response, as they went over the wire.

Chat completions, responses, completions and embeddings; Anthropic's messages, which are close to them, too.
"""

from __future__ import annotations

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


def decode_openai(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a record `{"request": {...}, "response": {...}}` with `id`, `time` and `tenant` beside them."""
    record = parse_object(value)
    return [plan(OPENAI, options).read(record)] if isinstance(record.get("request"), dict) else []
