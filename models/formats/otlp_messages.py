"""Messages that older conventions spread over numbered attributes or over the events of a span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.formats.paths import read_json

MOST = 10_000
"""Messages of one request that are put together."""

_ASKED, _ANSWERED = ("gen_ai.prompt.", "llm.input_messages."), ("gen_ai.completion.", "llm.output_messages.")
_PARTS = ("text", "input_text", "output_text")
_ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}


def spread(
    attributes: Mapping[str, Any], events: Sequence[tuple[str, Mapping[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the messages asked and answered, as far as they were spread.

    `gen_ai.prompt.0.content` and `gen_ai.completion.0.content` are OpenLLMetry's,
    `llm.input_messages.0.message.content` is OpenInference's, and the events `gen_ai.user.message` and
    `gen_ai.choice` are those of conventions up to 1.36.
    """
    numbered = [key for key in attributes if key.startswith((*_ASKED, *_ANSWERED))]
    found: dict[str, list[dict[str, Any]]] = {}
    told = [_told(name, more) for name, more in events if name in _ROLES]
    chosen = [_told(name, more) for name, more in events if name == "gen_ai.choice"]
    for place, prefixes, others in (("asked", _ASKED, told), ("answered", _ANSWERED, chosen)):
        messages = _numbered(attributes, [key for key in numbered if key.startswith(prefixes)]) or others
        if messages:
            found[place] = messages
    return found


def _numbered(attributes: Mapping[str, Any], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Put together the messages of attributes such as `gen_ai.prompt.0.content`, by their numbers."""
    messages: dict[int, dict[str, Any]] = {}
    for key in keys:
        number, name = _parts(key)
        if number >= 0 and (number in messages or len(messages) < MOST):
            _put(messages.setdefault(number, {}), name, attributes[key])
    return [messages[number] for number in sorted(messages)]


def _parts(key: str) -> tuple[int, str]:
    """Cut the number and what follows out of `gen_ai.prompt.0.content`; -1 where there is no number."""
    _, _, number, *rest = key.split(".", 3)
    known = number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004
    return int(number) if known else -1, rest[0] if rest else ""


def _put(message: dict[str, Any], name: str, value: Any) -> None:
    name = name.removeprefix("message.")
    if name in ("role", "finish_reason"):
        message[name] = value
    elif name == "content":
        parts = read_json(value) if isinstance(value, str) else value
        message[name] = parts if _are_texts(parts) else value
    elif name.startswith("contents.") and name.endswith(".message_content.text"):
        message.setdefault("parts", []).append(value)


def _are_texts(parts: Any) -> bool:
    """Say whether a text was a list of texts; a client may write what looks like any other parts."""
    return isinstance(parts, list) and bool(parts) and all(map(_is_text, parts))


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.keys() == {"type", "text"} and part["type"] in _PARTS


def _told(name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message of an event, whose content some write into one attribute as JSON."""
    held = more.get("gen_ai.event.content")
    inner = read_json(held) if isinstance(held, str) else None
    message: dict[str, Any] = {"role": _ROLES.get(name, "assistant"), **more}
    return message | inner if isinstance(inner, dict) else message
