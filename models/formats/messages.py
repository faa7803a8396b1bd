"""What a request asks and what came back, out of the lists of messages that chat interfaces carry.

The prompt is what is new in this turn: the texts of the user behind the last answer, or where there are none
the results of tools. System prompts and history stay out, for they are alike in every request of a product
and would hide what differs. How much there was of them shows in the tokens of the input beside the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

STAND_INS = frozenset({"redacted-by-litellm", "__REDACTED__", "[REDACTED]", "REDACTED"})
"""What projects write in place of a text that they keep to themselves."""

_USER, _ANSWER, _TOOL, _SYSTEM = "user", "answer", "tool", "system"
_ROLES = {"assistant": _ANSWER, "model": _ANSWER, "ai": _ANSWER, "chatbot": _ANSWER}
_ROLES |= {"tool": _TOOL, "function": _TOOL, "system": _SYSTEM, "developer": _SYSTEM}
_RESULTS = frozenset({"tool_result", "tool_call_response", "function_call_output", "function_response"})
_RESULTS |= {"server_tool_call_response", "custom_tool_call_output", "computer_call_output"}
_THOUGHTS = frozenset({"reasoning", "thinking", "redacted_thinking", "compaction", "blob"})
_ASKED = ("messages", "input", "prompt", "contents")
_TEXT = ("text", "content", "output", "response", "refusal")


class Asked(NamedTuple):
    """What a request asks.

    Parameters
    ----------
    text
        What is new in this turn; `None` where no text is given.
    turn
        How many answers came before, 0 or more; `None` where the history is not given.
    """

    text: str | None
    turn: int | None


def asked(value: Any) -> Asked | None:
    """Read a text, a message, a list of them, or a request that holds one; `None` where it says nothing."""
    if isinstance(value, str):
        return _alone(value)
    if isinstance(value, dict):
        inner = next(
            (value[name] for name in ("messages", "input", "prompt", "contents") if value.get(name)), None
        )
        return _of_list([value]) if inner is None else _inner(inner)
    return _of_list(value) if isinstance(value, list) else None


def answered(value: Any) -> str | None:
    """Read the first answer out of a text, a message, a list of them, or a response that holds one."""
    if isinstance(value, str):
        return _kept([value])
    if isinstance(value, list):
        return _kept(_said(value))
    if not isinstance(value, dict):
        return None
    for name in ("choices", "candidates"):
        if isinstance(value.get(name), list):
            return _kept(_of_choice(value[name][:1]))
    output = value.get("output")
    return _kept(_said(output if isinstance(output, list) else [value]))


def _inner(value: Any) -> Asked | None:
    return _alone(value) if isinstance(value, str) else _of_list(value) if isinstance(value, list) else None


def _alone(*texts: str) -> Asked | None:
    kept = _kept(texts, "\n")
    return None if kept is None else Asked(kept, None)


def _of_list(items: list[Any]) -> Asked | None:
    if not any(isinstance(item, dict) for item in items):
        return _alone(*(item for item in items if isinstance(item, str)))
    kinds = [_kind(item) for item in items]
    end = len(kinds)
    while end and kinds[end - 1] == _ANSWER:  # an answer begun for the model to go on with
        end -= 1
    start = end
    while start and kinds[start - 1] != _ANSWER:
        start -= 1
    found: dict[str, list[str]] = {_USER: [], _TOOL: [], _SYSTEM: []}
    for item, kind in zip(items[start:end], kinds[start:end], strict=True):
        for part, text in _texts(item, kind):
            found[part].append(text)
    lines = found[_USER] or found[_TOOL] or found[_SYSTEM]
    new = _kept(lines, "\n")
    if new is None and lines and len(items) == 1:
        return None  # one stand-in takes the place of the whole history
    return Asked(new, _turn(kinds[:start]))


def _turn(kinds: list[str]) -> int:
    """Count the answers; one may consist of several items behind each other."""
    return sum(
        kind == _ANSWER and before != _ANSWER for before, kind in zip(["", *kinds], kinds, strict=False)
    )


def _kind(item: Any) -> str:
    if not isinstance(item, dict):
        return _USER
    role = item.get("role")
    if isinstance(role, str):
        return _ROLES.get(role.lower(), _USER)
    kind = item.get("type")
    if kind in _RESULTS:
        return _TOOL
    answers = isinstance(kind, str) and (kind.endswith("_call") or kind in _THOUGHTS)
    return _ANSWER if answers else _USER


def _texts(item: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a message, each with whose it is."""
    if isinstance(item, str):
        yield kind, item
        return
    content = item.get("content", item.get("parts", item))
    parts = content if isinstance(content, list) else [content]
    for part in parts:
        own = _TOOL if isinstance(part, dict) and part.get("type") in _RESULTS else kind
        for text in _said([part]):
            yield own, text


def _said(parts: list[Any], depth: int = 3) -> Iterator[str]:
    """Yield the texts of parts of a message; thoughts and calls of tools are none."""
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and part.get("type") not in _THOUGHTS:
            held = next((part[name] for name in (*_TEXT, "parts", "message") if part.get(name)), None)
            if isinstance(held, str):
                yield held
            elif depth and held is not None:
                yield from _said(held if isinstance(held, list) else [held], depth - 1)


def _of_choice(choices: list[Any]) -> Iterator[str]:
    for choice in choices:
        if isinstance(choice, dict):
            said = next(
                (choice[name] for name in ("message", "delta", "content") if choice.get(name)), choice
            )
            yield from _said([said])


def _kept(texts: Iterable[str], between: str = "") -> str | None:
    return between.join(text for text in texts if text and text not in STAND_INS) or None
