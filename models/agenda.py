"""What waits for its batch of event time, so that nobody has to look through all of it for what is due."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Agenda(Generic[Key, Thing]):
    """Things by key, each with an event time.

    Parameters
    ----------
    batch_ms
        Length of a batch in milliseconds; batches begin at multiples of it.
    """

    def __init__(self, batch_ms: int) -> None:
        self._batch_ms = batch_ms
        self._things: dict[Key, tuple[int, Thing]] = {}
        self._batches: dict[int, dict[Key, None]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._things

    def __len__(self) -> int:
        return len(self._things)

    def __iter__(self) -> Iterator[Thing]:
        """Iterate over the things, in the order in which their keys came."""
        return (thing for _, thing in self._things.values())

    def __getitem__(self, key: Key) -> Thing:
        return self._things[key][1]

    @property
    def first(self) -> int | None:
        """When the first batch begins that something waits for, in Unix milliseconds, if anything does."""
        return min(self._batches) * self._batch_ms if self._batches else None

    def put(self, key: Key, time: int, thing: Thing) -> None:
        """Let a thing wait for the batch of an event time in ms, in place of what waited under its key."""
        number = time // self._batch_ms
        known = self._things.get(key)
        if known is not None and known[0] != number:
            self._leave(known[0], key)
        self._things[key] = number, thing
        self._batches.setdefault(number, {})[key] = None

    def pop(self, key: Key) -> Thing:
        """Return a thing that waits no longer.

        Raises
        ------
        KeyError
            Nothing waits under that key.
        """
        number, thing = self._things.pop(key)
        self._leave(number, key)
        return thing

    def pop_first(self) -> Thing:
        """Return the thing whose key came first, which waits no longer."""
        return self.pop(next(iter(self._things)))

    def before(self, end: int) -> list[Key]:
        """Return the keys of what waits for batches that end at or before an event time in ms."""
        last = end // self._batch_ms
        return [key for number in sorted(self._batches) if number < last for key in self._batches[number]]

    def _leave(self, number: int, key: Key) -> None:
        keys = self._batches[number]
        del keys[key]
        if not keys:
            del self._batches[number]
