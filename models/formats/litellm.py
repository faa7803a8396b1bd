"""LiteLLM's `StandardLoggingPayload`, as `docs/producers/litellm_kafka.py` publishes it."""

from __future__ import annotations

from models.formats.adapter import CONTINUES, AdapterOptions, Decoded, Source
from models.formats.plan import plan
from models.native import parse_object

LITELLM = Source(
    tenant=(
        "metadata.user_api_key_team_id",
        "metadata.user_api_key_org_id",
        "metadata.user_api_key_hash",
    ),
    fields={
        "id": ("id", "call_id"),
        "time": ("startTime",),
        "principal": ("end_user", "metadata.user_api_key_end_user_id"),
        "operation": ("call_type",),
        "model": ("model_group", "model"),
        "prompt": ("messages",),
        "response": ("response",),
        "input_tokens": ("prompt_tokens",),
        "output_tokens": ("completion_tokens",),
        "max_tokens": (
            "model_parameters.max_completion_tokens",
            "model_parameters.max_output_tokens",
            "model_parameters.max_tokens",
        ),
        "temperature": ("model_parameters.temperature",),
        "n": ("model_parameters.n",),
        "logprobs": ("model_parameters.logprobs", "model_parameters.top_logprobs"),
        "top_logprobs": ("model_parameters.top_logprobs", "model_parameters.logprobs"),
        "logit_bias_size": ("model_parameters.logit_bias",),
        "finish_reason": (
            "response.choices[0].finish_reason",
            "response.incomplete_details.reason",
            "response.status",
        ),
        "status": ("error_information.error_code", "status"),
        "conversation_id": (
            "metadata.requester_metadata.conversation_id",
            "metadata.requester_metadata.session_id",
            "metadata.spend_logs_metadata.session_id",
        ),
        CONTINUES: ("model_parameters.previous_response_id",),
        "cached_tokens": (
            "metadata.usage_object.prompt_tokens_details.cached_tokens",
            "metadata.usage_object.cache_read_input_tokens",
        ),
        "client_ip": ("requester_ip_address", "metadata.requester_ip_address"),
        "user_agent": ("user_agent", "metadata.user_agent"),
        "organization": ("metadata.user_api_key_org_id",),
    },
)


def decode_litellm(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a payload; what has no `call_type` is none, and gives nothing."""
    record = parse_object(value)
    if "call_type" not in record:
        return []
    if record["call_type"] == "completion":
        record["call_type"] = "chat"  # what LiteLLM calls a completion; that of texts is its text_completion
    return [plan(LITELLM, options).read(record)]
