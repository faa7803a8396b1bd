"""The fields of a control record, each taken out once and checked; what is left over is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

from models.errors import ControlError, DecodeError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES
from models.native import SECONDS_BELOW, rfc3339

MAX_TEXT_CHARS = 1024
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Fields:
    """Takes fields out of a record.

    Raises
    ------
    ControlError
        From every method, where a field is absent or not what it must be.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self._left = {name: value for name, value in record.items() if value is not None}

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not taken yet."""
        return name in self._left

    def end(self) -> None:
        """Refuse fields that nobody took: a misspelt limit must not become no limit."""
        if self._left:
            raise ControlError("unknown_field", f"this kind has no field {min(self._left)[:64]!r}")

    def name(self, field: str) -> str:
        """Take a name of 1 to 256 bytes."""
        text = self._text(field)
        if not text or len(text.encode()) > MAX_NAME_BYTES:
            raise ControlError("wrong_value", f"{field!r} must have 1 to {MAX_NAME_BYTES} bytes")
        return text

    def id(self, field: str) -> str:
        """Take the name of a change or of a finding."""
        text = self._text(field)
        if not _ID.fullmatch(text):
            raise ControlError("wrong_value", f"{field!r} must have 1 to 64 of A-Z a-z 0-9 . _ : -")
        return text

    def text(self, field: str, *, required: bool = False) -> str:
        """Take a text in one line; empty where it is absent and not required."""
        if not required and not self.has(field):
            return ""
        text = self._text(field).strip()
        if (required and not text) or len(text) > MAX_TEXT_CHARS or _UNPRINTABLE.search(text):
            least = 1 if required else 0
            detail = f"{field!r} must have {least} to {MAX_TEXT_CHARS} characters in one line"
            raise ControlError("wrong_value", detail)
        return text

    def choice(self, field: str, among: Sequence[str]) -> str:
        """Take one of several words."""
        text = self._text(field)
        if text not in among:
            raise ControlError("wrong_value", f"{field!r} must be one of {', '.join(among)}")
        return text

    def choices(self, field: str, among: Sequence[str]) -> tuple[str, ...]:
        """Take a list of some of several words, each at most once."""
        found = self._take(field)
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise ControlError("wrong_type", f"{field!r} must be a list of strings")
        if not set(found) <= set(among) or len(set(found)) < len(found):
            detail = f"{field!r} must list some of {', '.join(among)}, each once"
            raise ControlError("wrong_value", detail)
        return tuple(word for word in among if word in found)

    def time(self, field: str) -> int:
        """Take a time: Unix seconds, Unix milliseconds or RFC 3339; returns Unix milliseconds."""
        found = self._take(field)
        try:
            number = rfc3339(field, found) if isinstance(found, str) else found
        except DecodeError as error:
            raise ControlError("wrong_type", error.detail) from None
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number):
            detail = f"{field!r} must be Unix seconds, Unix milliseconds or an RFC 3339 time"
            raise ControlError("wrong_type", detail)
        milliseconds = round(number * 1000) if abs(number) < SECONDS_BELOW else round(number)
        if not EARLIEST_MS <= milliseconds < LATEST_MS:
            raise ControlError("wrong_value", f"{field!r} must lie between the years 2000 and 2100")
        return milliseconds

    def number(self, field: str, low: float, high: float) -> float:
        """Take a number, both ends included."""
        found = self._take(field)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise ControlError("wrong_type", f"{field!r} must be a number")
        if not low <= found <= high:  # false where it is no number
            raise ControlError("wrong_value", f"{field!r} must lie between {low:g} and {high:g}")
        return float(found)

    def whole(self, field: str) -> int:
        """Take a whole number."""
        found = self._take(field)
        if isinstance(found, bool) or not isinstance(found, int):
            raise ControlError("wrong_type", f"{field!r} must be a whole number")
        return found

    def flag(self, field: str, default: bool | None = None) -> bool:  # noqa: FBT001 - a value, not a switch
        """Take true or false."""
        if default is not None and not self.has(field):
            return default
        found = self._take(field)
        if not isinstance(found, bool):
            raise ControlError("wrong_type", f"{field!r} must be true or false")
        return found

    def _text(self, field: str) -> str:
        found = self._take(field)
        if not isinstance(found, str):
            raise ControlError("wrong_type", f"{field!r} must be a string")
        return found

    def _take(self, field: str) -> Any:
        if field not in self._left:
            raise ControlError("missing_field", f"the required field {field!r} is absent")
        return self._left.pop(field)
