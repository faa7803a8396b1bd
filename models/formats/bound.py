"""How many events a record may hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from models.errors import DecodeError

Item = TypeVar("Item")


def bounded(items: Iterable[Item], most: int) -> list[Item]:
    """Return what a record holds, and take no more of it than it may hold.

    Raises
    ------
    DecodeError
        It holds more.
    """
    found = list(islice(items, most + 1))
    if len(found) > most:
        raise DecodeError("too_many_events", f"the record holds more than {most} events (source.max_events)")
    return found
