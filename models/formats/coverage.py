"""Which fields of requests are known, and what the detector can see by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from models.event import RequestEvent

WORKS = "works"

Known = frozenset[str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What requests say of themselves.

    Parameters
    ----------
    present, missing
        Names of fields of `RequestEvent`, in their order.
    signals
        By name: `works`, or what is missing for it. What works in part says so.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...]
    signals: Mapping[str, str]


def understood(*events: RequestEvent) -> Coverage:
    """Say what is known of requests: a field is present if any of them gives it."""
    names = [field.name for field in fields(RequestEvent)]
    known = frozenset(
        name for name in names if any(getattr(event, name) not in (None, ()) for event in events)
    )
    return Coverage(
        present=tuple(name for name in names if name in known),
        missing=tuple(name for name in names if name not in known),
        signals={name: check(known) for name, check in SIGNALS.items()},
    )


def _needs(*alternatives: str) -> Callable[[Known], str]:
    """Return a check for one of several fields."""
    return lambda known: WORKS if known.intersection(alternatives) else f"needs {_either(alternatives)}"


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _all(*checks: Callable[[Known], str]) -> Callable[[Known], str]:
    """Return a check that passes if all do, and else names the first that does not."""

    def check(known: Known) -> str:
        return next((said for each in checks if (said := each(known)) != WORKS), WORKS)

    return check


def _sharpest_with(*names: str, least: Callable[[Known], str]) -> Callable[[Known], str]:
    """Return a check that passes in part if some of the fields are missing."""

    def check(known: Known) -> str:
        said, without = least(known), [name for name in names if name not in known]
        return said if said != WORKS or not without else f"works in part, without {', '.join(without)}"

    return check


_CONTENT = _needs("prompt", "embedding")
_SAME_PROMPT = _needs("prompt", "slot_hash")
_SHAPE = (
    "input_tokens",
    "output_tokens",
    "max_tokens",
    "temperature",
    "n",
    "logprobs",
    "finish_reason",
    "turn",
)

SIGNALS: Mapping[str, Callable[[Known], str]] = {
    "rate": lambda _known: WORKS,
    "request shape": _sharpest_with(
        *("prompt", *_SHAPE, "logit_bias_size", "principal", "conversation_id"),
        least=_needs("prompt", *_SHAPE),
    ),
    "habits": _sharpest_with(
        *("prompt", "input_tokens", "output_tokens", "turn", "principal", "conversation_id", "finish_reason"),
        least=_needs("prompt", "output_tokens", "turn"),
    ),
    "novelty": _CONTENT,
    "topic entropy": _needs("prompt", "embedding", "topic"),
    "resampling": _sharpest_with("temperature", least=_SAME_PROMPT),
    "logit-bias sweep": _all(
        _SAME_PROMPT, _needs("logit_bias_size"), _needs("logprobs", "top_logprobs"), _needs("output_tokens")
    ),
    "newcomers": _all(_needs("prompt"), _needs("input_tokens"), _needs("output_tokens")),
    "campaigns": _all(_needs("prompt", "template_hash"), _SAME_PROMPT),
}
"""What each signal needs, by its name in findings; `newcomers` and `campaigns` are those two stages."""
