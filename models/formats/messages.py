"""What a request asks and what came back, out of the lists of messages that chat interfaces carry.

The prompt is what is new in this turn: all texts behind the last answer, a user's as well as the results of
tools and an answer begun for the model to go on with. The system prompt and the history stay out, for they
are alike in every request of a product and would hide what differs; how much there was of them shows in the
tokens of the input beside the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

STAND_INS = frozenset({"redacted-by-litellm", "__REDACTED__", "[REDACTED]", "REDACTED"})
"""What projects write in place of a text that they keep to themselves."""

_NEW, _ANSWER, _SYSTEM = range(3)
_ROLES = {"assistant": _ANSWER, "model": _ANSWER, "ai": _ANSWER, "system": _SYSTEM, "developer": _SYSTEM}
_BYTES = ("blob",)
_THOUGHTS = ("reasoning", "thinking", "redacted_thinking", "compaction", *_BYTES)
_REQUEST = ("messages", "input", "prompt", "contents")
_CHOICES, _CHOICE = ("choices", "candidates"), ("message", "delta", "content")
_TEXT = ("text", "content", "output", "response", "refusal", "parts", "message")
_DEEPEST = 3


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
    if isinstance(value, list):
        return _of_list(value)
    if not isinstance(value, dict):
        return None
    inner = _first(value, _REQUEST)
    if inner is not None:
        return asked(inner) if isinstance(inner, (str, list)) else None
    said = _of_list([value])
    return said if said and said.text else None


def answered(value: Any) -> str | None:
    """Read the first answer out of a text, a message, a list of them, or a response that holds one."""
    if isinstance(value, str):
        return _kept([value])
    if isinstance(value, list):
        return _kept(_said(value, _THOUGHTS))
    if not isinstance(value, dict):
        return None
    choices = _first(value, _CHOICES)
    if isinstance(choices, list):
        found = [_first(choice, _CHOICE) or choice for choice in choices[:1] if isinstance(choice, dict)]
        return _kept(_said(found, _THOUGHTS))
    output = value.get("output")
    return _kept(_said(output if isinstance(output, list) else [value], _THOUGHTS))


def _first(holder: dict[str, Any], names: Iterable[str]) -> Any:
    return next((holder[name] for name in names if holder.get(name)), None)


def _alone(*texts: str) -> Asked | None:
    kept = _kept(texts, "\n")
    return None if kept is None else Asked(kept, None)


def _of_list(items: list[Any]) -> Asked | None:
    if not any(isinstance(item, dict) for item in items):
        return _alone(*(item for item in items if isinstance(item, str)))
    kinds = list(map(_kind, items))
    start = _behind_the_last_answer(kinds)
    leading = next((place for place, kind in enumerate(kinds) if kind != _SYSTEM), len(kinds))
    texts = list(_said(items[max(start, leading) :], _BYTES))
    if not texts and not start:
        texts = list(_said(items[:leading], _BYTES))
    new = _kept(texts, "\n")
    if new is None and texts and len(items) == 1:
        return None  # one stand-in takes the place of the whole history
    return Asked(new, _turn(kinds[:start]))


def _behind_the_last_answer(kinds: list[int]) -> int:
    """Return where the new part begins; answers at the end are begun for the model to go on with."""
    place = len(kinds)
    while place and kinds[place - 1] == _ANSWER:
        place -= 1
    while place and kinds[place - 1] != _ANSWER:
        place -= 1
    return place


def _turn(kinds: list[int]) -> int:
    """Count the answers; one may consist of several items behind each other."""
    befores = [_NEW, *kinds]
    return sum(kind == _ANSWER != before for before, kind in zip(befores, kinds, strict=False))


def _kind(item: Any) -> int:
    """Tell answers and system prompts from what is new, by the role or, without one, by the type."""
    if not isinstance(item, dict):
        return _NEW
    role, kind = item.get("role"), item.get("type")
    if isinstance(role, str):
        return _ROLES.get(role.lower(), _NEW)
    return _ANSWER if isinstance(kind, str) and (kind.endswith("_call") or kind in _THOUGHTS) else _NEW


def _said(parts: list[Any], silent: tuple[str, ...], depth: int = _DEEPEST) -> Iterator[str]:
    """Yield the texts of messages and their parts; calls of tools have none."""
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and part.get("type") not in silent:
            held = _first(part, _TEXT)
            if isinstance(held, str):
                yield held
            elif depth and held is not None:
                yield from _said(held if isinstance(held, list) else [held], silent, depth - 1)


def _kept(texts: Iterable[str], between: str = "") -> str | None:
    return between.join(text for text in texts if text and text not in STAND_INS) or None
