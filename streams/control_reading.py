"""Records of the control topic, one after the other, into what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.control.control import Control, Draft
from models.control.parsing import parse_change
from models.control.records import Change
from models.errors import ControlError

PARTITION = 0
"""The only one that is read, and written."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that changed nothing, and why."""

    offset: int
    key: str
    error: ControlError


class ControlReading:
    """Takes in records in the order of the topic.

    Parameters
    ----------
    on_refused
        Told of each record that is refused.
    """

    def __init__(self, on_refused: Callable[[Refusal], None]) -> None:
        self._on_refused = on_refused
        self._draft = Draft()

    def take(self, offset: int, key: bytes | None, value: bytes | None) -> Change | None:
        """Take in a record, and return its change if it is one that holds from now on."""
        name = (key or b"").decode(errors="replace")
        try:
            if not value:
                self._draft.forget(name)
                return None
            change = _keyed(name, parse_change(value))
            self._draft.add(change)
        except ControlError as error:
            self._on_refused(Refusal(offset, name[:64], error))
            return None
        return change

    def finish(self) -> Control:
        """Return what all records so far add up to."""
        return self._draft.finish()


def _keyed(key: str, change: Change) -> Change:
    if change.id != key:
        raise ControlError("wrong_key", "the record's key must be its 'id', or compaction would lose changes")
    return change
