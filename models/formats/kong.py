"""Kong's AI Gateway with a logging plugin, such as `kafka-log`."""

from __future__ import annotations

from typing import Any

from models.formats.adapter import AdapterOptions, Decoded, Source
from models.formats.plan import plan
from models.native import parse_object

_ASKED, _CAME = ("plugin.payload.request", "ai.payload.request"), "plugin.payload.response"


def _asked(*names: str) -> tuple[str, ...]:
    return tuple(f"{place}.{name}" for name in names for place in _ASKED)


KONG = Source(
    tenant=("consumer.id", "consumer.username", "authenticated_entity.id", "workspace"),
    fields={
        "id": ("request.id",),
        "time": ("started_at",),
        "principal": _asked("safety_identifier", "user"),
        "operation": ("plugin.meta.operation_name",),
        "model": ("plugin.meta.request_model", "plugin.meta.response_model"),
        "prompt": (*_asked("messages", "input", "prompt"), *_ASKED),
        "response": (_CAME,),
        "input_tokens": tuple(
            f"plugin.usage.{name}" for name in ("prompt_tokens", "prompt_token", "input_tokens")
        ),
        "output_tokens": tuple(
            f"plugin.usage.{name}" for name in ("completion_tokens", "completion_token", "output_tokens")
        ),
        "max_tokens": _asked("max_completion_tokens", "max_output_tokens", "max_tokens"),
        "temperature": _asked("temperature"),
        "n": _asked("n"),
        "logprobs": _asked("logprobs", "top_logprobs"),
        "top_logprobs": _asked("top_logprobs", "logprobs"),
        "logit_bias_size": _asked("logit_bias"),
        "finish_reason": (f"{_CAME}.choices[0].finish_reason", f"{_CAME}.stop_reason"),
        "status": ("response.status",),
        "cached_tokens": (
            "plugin.usage.prompt_tokens_details.cached_tokens",
            f"{_CAME}.usage.prompt_tokens_details.cached_tokens",
        ),
        "client_ip": ("client_ip",),
        "user_agent": ("request.headers.user-agent",),
    },
)
"""`plugin` stands for what the proxy wrote: `ai.proxy`, in older versions `ai.ai-proxy` and the like."""

_PROXIES = ("proxy", "ai-proxy", "ai-proxy-advanced")


def decode_kong(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a log entry; one of a request that went to no model gives nothing."""
    record = parse_object(value)
    ai = record.get("ai")
    wrote = _plugin(ai) if isinstance(ai, dict) else None
    return [] if wrote is None else [plan(KONG, options).read(record | {"plugin": wrote})]


def _plugin(ai: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the proxy wrote, or else the first plugin that counted tokens."""
    named = [ai[name] for name in _PROXIES if isinstance(ai.get(name), dict)]
    others = [wrote for wrote in ai.values() if isinstance(wrote, dict) and {"usage", "meta"} & wrote.keys()]
    return next(iter(named + others), None)
