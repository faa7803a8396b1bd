"""The native input format: one JSON object a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

import orjson

from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES, RequestEvent

SECONDS_BELOW = 100_000_000_000  # a smaller number is Unix seconds, a larger one Unix milliseconds
MAX_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What a record may hold at most.

    Parameters
    ----------
    max_text_chars
        Of a prompt or a response, in characters.
    embedding_size
        The number of floats that an `embedding` must have.
    max_events
        Of one record, in the formats whose records hold many.
    """

    max_text_chars: int = 1_000_000
    embedding_size: int = 256
    max_events: int = 10_000


DEFAULT_LIMITS = InputLimits()


def decode_native(value: bytes | None, limits: InputLimits = DEFAULT_LIMITS) -> RequestEvent | None:
    """Decode and validate one record.

    Returns `None` for a tombstone or an empty value, which say nothing. Unknown fields are ignored, and a
    known field that is `null` counts as absent.

    Raises
    ------
    DecodeError
        The record is not JSON, lacks a required field, or a field has a wrong type or value.
    """
    return checked(parse_object(value), limits) if value else None


def checked(record: Mapping[str, Any], limits: InputLimits) -> RequestEvent:
    """Make a request of its fields by name; others are ignored, and a field that is `None` counts as absent.

    Raises
    ------
    DecodeError
        A required field is absent, or a field has a wrong type or value.
    """
    for name in ("id", "time", "tenant"):
        if record.get(name) is None:
            raise DecodeError("missing_field", f"the required field '{name}' is absent")
    fields = {
        name: check(name, record[name]) for name, check in CHECKS.items() if record.get(name) is not None
    }
    return request_of(fields, limits)


def request_of(fields: Mapping[str, Any], limits: InputLimits) -> RequestEvent:
    """Make a request of fields that were checked one by one.

    Raises
    ------
    DecodeError
        A text is too long, or an embedding has another size than the detector's.
    """
    for name in ("prompt", "response"):
        if len(fields.get(name, "")) > limits.max_text_chars:
            detail = f"'{name}' has more than {limits.max_text_chars} characters (source.max_text_chars)"
            raise DecodeError(f"{name}_too_large", detail)
    embedding = fields.get("embedding")
    if embedding is not None and len(embedding) != limits.embedding_size:
        detail = f"'embedding' has {len(embedding)} floats and needs {limits.embedding_size} (embedding.size)"
        raise DecodeError("wrong_embedding_size", detail)
    return RequestEvent(**fields)


def parse_json(value: bytes) -> Any:
    """Parse a record.

    Raises
    ------
    DecodeError
        It is not JSON, not Unicode, or nests too deep.
    """
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _unreadable(error.msg) from None


def parse_object(value: bytes) -> dict[str, Any]:
    """Parse a record that must be an object; see `parse_json`."""
    record = parse_json(value)
    if not isinstance(record, dict):
        raise DecodeError("not_an_object", "the record is JSON but not an object")
    return record


def _unreadable(message: str) -> DecodeError:
    """Name the parser's complaint without the parser's message, which may quote the record."""
    lowered = message.lower()
    if "depth" in lowered or "recursion" in lowered:
        return DecodeError("nested_too_deep", "the record nests deeper than 1024 levels")
    if "surrogate" in lowered or "utf-8" in lowered or "unicode" in lowered:
        return DecodeError("bad_text", "the record is not valid UTF-8 or holds a lone surrogate")
    if "infinity" in lowered:
        return DecodeError("not_finite", "the record holds a number that is not finite")
    return DecodeError("not_json", "the record is not JSON")


def _wrong(name: str, expected: str) -> DecodeError:
    return DecodeError("wrong_type", f"'{name}' must be {expected}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "a string")
    return value


def _required_name(name: str, value: Any) -> str:
    text = _text(name, value)
    if not text:
        raise DecodeError("missing_field", f"the required field '{name}' is empty")
    if len(text.encode()) > MAX_NAME_BYTES:
        raise DecodeError(f"{name}_too_long", f"'{name}' is longer than {MAX_NAME_BYTES} bytes")
    return text


def _count(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise _wrong(name, f"a whole number from 0 to {MAX_COUNT}")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, "a number")
    if not isfinite(value):
        raise DecodeError("not_finite", f"'{name}' must be finite")
    return float(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return value


def _label(name: str, value: Any) -> str:
    """A field that some sources write as a number, such as an ASN."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(name, value)


def _labels(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(name, "a list of strings")
    return tuple(value)


def _floats(name: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise _wrong(name, "a list of numbers")
    return tuple(_number(name, item) for item in value)


def _time(name: str, value: Any) -> int:
    if isinstance(value, str):
        value = rfc3339(name, value)
    number = _number(name, value)
    milliseconds = round(number * 1000) if abs(number) < SECONDS_BELOW else round(number)
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        raise DecodeError("time_out_of_range", f"'{name}' must lie between the years 2000 and 2100")
    return milliseconds


def rfc3339(name: str, text: str) -> float:
    """Return the Unix seconds of a time in words.

    Raises
    ------
    DecodeError
        It is no RFC 3339 time, or lacks its offset from UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "Unix seconds, Unix milliseconds or an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise _wrong(name, "an RFC 3339 time with its offset from UTC")
    return moment.timestamp()


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "id": _required_name,
    "time": _time,
    "tenant": _required_name,
    **dict.fromkeys(("principal", "operation", "model", "prompt", "response", "finish_reason"), _text),
    **dict.fromkeys(("input_tokens", "output_tokens", "max_tokens", "n", "top_logprobs"), _count),
    **dict.fromkeys(("logit_bias_size", "status", "turn", "cached_tokens"), _count),
    "temperature": _number,
    "logprobs": _flag,
    **dict.fromkeys(("conversation_id", "client_ip", "user_agent", "fingerprint"), _text),
    **dict.fromkeys(("asn", "topic", "template_hash", "slot_hash", "organization", "payment"), _label),
    "signed_up": _time,
    "flags": _labels,
    "embedding": _floats,
}
"""What a field must be: of its name and value, each returns what a request holds or raises `DecodeError`."""

TEXTS = tuple(name for name, check in CHECKS.items() if check is _text)
LABELS = tuple(name for name, check in CHECKS.items() if check is _label)
COUNTS = tuple(name for name, check in CHECKS.items() if check is _count)
