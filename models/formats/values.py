"""What a value means where another project wrote it: a count as text, a status as a word, a reason as a list.

What a reading returns is then checked as in the native format, so that it may return what it cannot read.
`None` means that the value says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from models.formats.messages import answered

NOTHING = frozenset({"", "-"})
"""Texts that stand for no value; access logs write a hyphen."""

_WHOLE, _NUMBER = re.compile(r"-?\d{1,20}"), re.compile(r"-?\d{1,20}(\.\d{1,20})?([eE][-+]?\d{1,3})?")
_SWITCHES = {"true": True, "false": False}
_MICROSECONDS, _NANOSECONDS = 10**14, 10**17
"""A time at or above is in that unit; milliseconds until the year 2100 have 13 digits."""

FINISH_REASONS: Mapping[str, str] = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "completed", "complete", "eos"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length", "token_limit"), "length"),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), "tool_calls"),
    **dict.fromkeys(
        ("content_filter", "content_filtered", "safety", "guardrail_intervened"), "content_filter"
    ),
}
"""The words of several projects, and what this one calls them; other words are kept as they are."""

OPERATIONS: Mapping[str, str] = {
    **dict.fromkeys(("chat", "chat.completion", "response", "responses", "aresponses", "message"), "chat"),
    **dict.fromkeys(("acompletion", "anthropic_messages", "generate_content", "llm"), "chat"),
    **dict.fromkeys(("text_completion", "atext_completion"), "completion"),
    **dict.fromkeys(("embedding", "aembedding", "embeddings", "list"), "embedding"),
}
"""The words of several projects for what was asked, in lower case; other words are kept as they are."""

_STATUSES = {"success": 200, "ok": 200, "completed": 200, "failure": 500, "failed": 500, "error": 500}


def name(value: Any) -> Any:
    """Read an id or a label, which some projects write as a number, or the first of several."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str):
        return None if value in NOTHING else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def tenant(value: Any) -> Any:
    """Read a tenant; what is neither a text nor a number says nothing."""
    return found if isinstance(found := name(value), str) else None


def count(value: Any) -> Any:
    """Read a whole number, also out of a text."""
    if isinstance(value, str):
        return None if value in NOTHING else int(value) if _WHOLE.fullmatch(value) else value
    return value


def cap(value: Any) -> Any:
    """Read a cap; a negative one is none."""
    number = count(value)
    return None if type(number) is int and number < 0 else number


def real(value: Any) -> Any:
    """Read a number, also out of a text."""
    if isinstance(value, str):
        return None if value in NOTHING else float(value) if _NUMBER.fullmatch(value) else value
    return value


def flag(value: Any) -> Any:
    """Read a switch; a number of log-probabilities asks for them."""
    if isinstance(value, str):
        return None if value in NOTHING else _SWITCHES.get(value.lower(), value)
    return True if type(value) is int else value


def candidates(value: Any) -> Any:
    """Read how many log-probabilities; a switch does not say."""
    return None if isinstance(value, bool) else count(value)


def size(value: Any) -> Any:
    """Read the size of what is given, or a number that says it."""
    return len(value) if isinstance(value, (dict, list)) else count(value)


def reason(value: Any) -> Any:
    """Read a finish reason, the first of several."""
    if isinstance(value, list):
        value = next((item for item in value if item is not None), None)
    if not isinstance(value, str):
        return value
    return None if value in NOTHING else FINISH_REASONS.get(value.lower(), value)


def operation(value: Any) -> Any:
    """Read what was asked for."""
    return OPERATIONS.get(value.lower(), value) or None if isinstance(value, str) else value


def status(value: Any) -> Any:
    """Read an HTTP status, also out of a text or a word."""
    return _STATUSES.get(value.lower(), count(value)) if isinstance(value, str) else value


def moment(value: Any) -> Any:
    """Read a time: what the native format has, numbers as text, microseconds and nanoseconds."""
    number = real(value)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return number
    if abs(number) >= _NANOSECONDS:
        return number // 1_000_000
    return number // 1_000 if abs(number) >= _MICROSECONDS else number


def names(value: Any) -> Any:
    """Read a list of texts, or a single one."""
    if isinstance(value, str):
        return None if value in NOTHING else [value]
    return value


def as_it_is(value: Any) -> Any:
    """Read what needs no reading."""
    return value


READINGS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("id", "principal", "model", "conversation_id", "client_ip", "asn"), name),
    **dict.fromkeys(("user_agent", "fingerprint", "organization", "payment"), name),
    **dict.fromkeys(("topic", "template_hash", "slot_hash"), name),
    **dict.fromkeys(("input_tokens", "output_tokens", "n", "turn", "cached_tokens"), count),
    **dict.fromkeys(("time", "signed_up"), moment),
    "tenant": tenant,
    "operation": operation,
    "response": answered,
    "max_tokens": cap,
    "temperature": real,
    "logprobs": flag,
    "top_logprobs": candidates,
    "logit_bias_size": size,
    "finish_reason": reason,
    "status": status,
    "flags": names,
    "embedding": as_it_is,
}
"""How each field but the prompt is read, which `models.formats.messages.asked` reads."""
