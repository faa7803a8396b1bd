"""Envoy AI Gateway's access log as JSON. Its names are the operator's own; these are of its documentation."""

from __future__ import annotations

from models.formats.adapter import AdapterOptions, Decoded, Source
from models.formats.paths import Texts, find, parse_path
from models.formats.plan import plan
from models.native import parse_object

_MODEL = ('"gen_ai.request.model"', "genai_model_name")
_INPUT = ('"gen_ai.usage.input_tokens"', "genai_tokens_input")
_OUTPUT = ('"gen_ai.usage.output_tokens"', "genai_tokens_output")

ENVOY = Source(
    tenant=("tenant", "tenant_id", "x-tenant-id", "x-user-id"),
    fields={
        "id": ("x-request-id", "request_id"),
        "time": ("start_time",),
        "principal": ("x-user-id",),
        "operation": ('"gen_ai.operation.name"',),
        "model": _MODEL,
        "input_tokens": _INPUT,
        "output_tokens": _OUTPUT,
        "cached_tokens": ('"gen_ai.usage.cache_read.input_tokens"', "genai_tokens_cached_input"),
        "status": ("response_code",),
        "conversation_id": ('"session.id"', "x-session-id"),
        "client_ip": ("x-forwarded-for", "downstream_remote_address"),
        "user_agent": ("user-agent",),
    },
)

_ABSENT = (None, "", "-")


def decode_envoy(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a line; one that names no model and counts no tokens gives nothing, such as a call of a tool."""
    record = parse_object(value)
    texts: Texts = {}
    given = (options.fields.get(name) for name in ("model", "input_tokens", "output_tokens"))
    own = [path for paths in given if paths for path in ((paths,) if isinstance(paths, str) else paths)]
    telling = (*own, *_MODEL, *_INPUT, *_OUTPUT)
    asked = any(find(record, parse_path(path), texts) not in _ABSENT for path in telling)
    return [plan(ENVOY, options).read(record)] if asked else []
