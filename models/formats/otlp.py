"""OpenTelemetry's conventions for generative AI on spans and log records, the newest names first.

What `otlp_json` and `otlp_proto` read becomes one view a span or record, in which the paths below lead:
`attributes`, `resource` and `scope` hold attributes by name, beside `name`, `trace`, `time` and `status`;
`asked` and `answered` hold messages that older conventions spread over numbered attributes or span events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.formats.adapter import CONTINUES, Decoded, Source
from models.formats.otlp_messages import spread
from models.formats.paths import read_json
from models.formats.plan import Plan

Attributes = dict[str, Any]

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that says of a request what a span says of it."""


def _attributes(*names: str) -> tuple[str, ...]:
    return tuple(f'attributes."{name}"' for name in names)


def _parameters(*names: str) -> tuple[str, ...]:
    return tuple(f'attributes."llm.invocation_parameters".{name}' for name in names)


_ASKED = ("gen_ai.input.messages", "gen_ai.prompt", "input.value")
_ANSWERED = ("gen_ai.output.messages", "gen_ai.completion", "output.value")
_TEXTS = (*_ASKED, *_ANSWERED)
_HOLDERS = {"role", "parts", "messages", "input", "prompt", "contents", "choices", "output"}

OTLP = Source(
    tenant=(
        *_attributes("tenant.id"),
        'resource."tenant.id"',
        *_attributes("enduser.id", "enduser.pseudo.id", "user.id"),
    ),
    fields={
        "id": (*_attributes("gen_ai.response.id"), "trace"),
        "time": ("time",),
        "principal": _attributes("user.id", "enduser.pseudo.id", "enduser.id"),
        "operation": _attributes("gen_ai.operation.name", "llm.request.type", "openinference.span.kind"),
        "model": _attributes(
            *("gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "embedding.model_name")
        ),
        "prompt": (*_attributes(*_ASKED[:2]), "asked", *_attributes(*_ASKED[2:])),
        "response": (*_attributes(*_ANSWERED[:2]), "answered", *_attributes(*_ANSWERED[2:])),
        "input_tokens": _attributes(
            *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
        ),
        "output_tokens": _attributes(
            *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
        ),
        "max_tokens": (
            *_attributes("gen_ai.request.max_tokens", "llm.request.max_tokens"),
            *_parameters("max_completion_tokens", "max_output_tokens", "max_tokens"),
        ),
        "temperature": (
            *_attributes("gen_ai.request.temperature", "llm.temperature"),
            *_parameters("temperature"),
        ),
        "n": (*_attributes("gen_ai.request.choice.count"), *_parameters("n")),
        "logprobs": _parameters("logprobs", "top_logprobs"),
        "top_logprobs": _parameters("top_logprobs", "logprobs"),
        "logit_bias_size": _parameters("logit_bias"),
        "finish_reason": (
            *_attributes("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"),
            *_attributes("llm.response.finish_reason"),
            'attributes."gen_ai.output.messages"[0].finish_reason',
            "answered[0].finish_reason",
        ),
        "status": (*_attributes("http.response.status_code", "http.status_code"), "status"),
        "conversation_id": _attributes("gen_ai.conversation.id", "session.id"),
        CONTINUES: _attributes("gen_ai.request.previous_response.id"),
        "cached_tokens": _attributes(
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "llm.token_count.prompt_details.cache_read",
        ),
        "client_ip": _attributes("client.address", "http.client_ip"),
        "user_agent": _attributes("user_agent.original", "http.user_agent"),
    },
)

_TELLING = frozenset(
    {
        *("gen_ai.request.model", "gen_ai.response.model", "gen_ai.usage.input_tokens"),
        *("gen_ai.usage.prompt_tokens", "llm.model_name", "embedding.model_name", "llm.token_count.prompt"),
    }
)
"""One of these at least has whatever is a request to a model."""

_AROUND = (
    *("agent", "workflow", "tool", "memory", "retriev", "rerank", "guardrail", "evaluat"),
    *("plan", "chain", "task", "prompt"),
)
"""In the names of operations around requests, whose spans may repeat what those of the requests say."""

_KINDS = ("gen_ai.operation.name", "openinference.span.kind", "traceloop.span.kind")


class Signal(NamedTuple):
    """A span or a log record.

    Parameters
    ----------
    name
        Of the span, or of the event that the log record is.
    trace
        The ids of trace and span; empty where there are none.
    time
        Unix nanoseconds.
    status
        `ok`, `error`, or `None` where it is not known.
    events
        Names and attributes of a span's events.
    """

    attributes: Attributes
    resource: Attributes
    scope: Attributes
    name: str
    trace: str
    time: int
    status: str | None
    events: Sequence[tuple[str, Attributes]] = ()


def may_be_of_interest(names: Iterable[str]) -> bool:
    """Say by the names of attributes alone whether they may be those of a request to a model."""
    return not _TELLING.isdisjoint(names)


def of_interest(attributes: Mapping[str, Any]) -> bool:
    """Say whether attributes are those of a request to a model."""
    if not may_be_of_interest(attributes):
        return False
    kinds = [str(attributes[name]).lower() for name in _KINDS if name in attributes]
    return not any(word in kind for kind in kinds for word in _AROUND)


def read_signal(signal: Signal, plan: Plan) -> Decoded:
    """Return the request that a span or a log record tells of, or what is wrong with it."""
    attributes = dict(signal.attributes)
    for name, more in signal.events:
        if name in (DETAILS, "gen_ai.content.prompt", "gen_ai.content.completion"):
            for key, held in more.items():
                attributes.setdefault(key, held)
    texts = {key: held for key in _TEXTS if isinstance(held := attributes.get(key), str)}
    attributes = attributes | {key: _messages(text) for key, text in texts.items()}
    view: dict[str, Any] = {
        "attributes": attributes,
        "resource": signal.resource,
        "scope": signal.scope,
        "name": signal.name,
        "trace": signal.trace or None,
        "time": signal.time // 1_000_000 or None,
        "status": signal.status,
    }
    if _ASKED[0] not in attributes:
        view |= spread(attributes, signal.events)
    return plan.read(view)


def _messages(text: str) -> Any:
    """Return the messages that a text holds as JSON, and the text itself where it holds none."""
    held = read_json(text)
    found = held if isinstance(held, list) else [held]
    return held if any(isinstance(item, dict) and _HOLDERS & item.keys() for item in found) else text
