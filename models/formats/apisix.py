"""Apache APISIX with `ai-proxy` and `kafka-logger`, one entry a record or a batch of them."""

from __future__ import annotations

from typing import Any

from models.errors import DecodeError
from models.formats.adapter import AdapterOptions, Decoded, Source
from models.formats.bound import bounded
from models.formats.plan import Plan, plan
from models.native import parse_json

APISIX = Source(
    tenant=("consumer.username", "consumer_name", "tenant"),
    fields={
        "id": ("request_id", 'response.headers."x-request-id"', 'request.headers."x-request-id"'),
        "time": ("start_time", '"@timestamp"', "timestamp"),
        "principal": ("llm_summary.end_user_id", "llm_end_user_id", "request.body.user"),
        "model": ("llm_summary.request_model", "llm_summary.model", "request_llm_model", "llm_model"),
        "prompt": (
            "llm_request.messages",
            "request.body.messages",
            "request.body.input",
            "request.body.prompt",
        ),
        "response": ("llm_response_text.content", "response.body"),
        "input_tokens": ("llm_summary.prompt_tokens", "llm_prompt_tokens"),
        "output_tokens": ("llm_summary.completion_tokens", "llm_completion_tokens"),
        "max_tokens": ("request.body.max_completion_tokens", "request.body.max_tokens"),
        "temperature": ("request.body.temperature",),
        "n": ("request.body.n",),
        "logprobs": ("request.body.logprobs", "request.body.top_logprobs"),
        "top_logprobs": ("request.body.top_logprobs", "request.body.logprobs"),
        "logit_bias_size": ("request.body.logit_bias",),
        "finish_reason": ("response.body.choices[0].finish_reason", "response.body.stop_reason"),
        "status": ("response.status", "status"),
        "cached_tokens": ("llm_summary.cache_read_input_tokens", "llm_cache_read_input_tokens"),
        "client_ip": ("client_ip", "remote_addr"),
        "user_agent": ("request.headers.user-agent", "http_user_agent"),
    },
)

_OF_A_MODEL = frozenset({"llm_summary", "llm_request", "request_llm_model", "llm_model", "llm_prompt_tokens"})


def decode_apisix(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read one log entry or an array of them; those of requests that went to no model give nothing."""
    record = parse_json(value)
    entries = record if isinstance(record, list) else [record]
    found, read = plan(APISIX, options), _read
    events = (decoded for entry in entries if (decoded := read(found, entry)) is not None)
    return bounded(events, options.limits.max_events)


def _read(found: Plan, entry: Any) -> Decoded | None:
    if not isinstance(entry, dict):
        return DecodeError("not_an_object", "an entry of the record is JSON but not an object")
    return found.read(entry) if _OF_A_MODEL & entry.keys() else None
