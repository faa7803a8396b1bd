"""Many tenants that ask without the cost of intake: sketches of a few thousand requests under their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.offline import sketches
from bench.traffic import events
from models.core.layout import REQUEST

POOL = 8_192
AT_ONCE = 512
ID_DIGITS = 12
TOPIC = b"bench"
"""Of the sketches' origins: no topic of the run, so that nobody compares its end with them."""


def pool(size: int = POOL) -> NDArray[Any]:
    """Return so many records of `models.core.layout.REQUEST`, made of prompts of 20 to 100 tokens."""
    asked = sketches(events(size, text=True), TOPIC.decode())
    return np.frombuffer(
        b"".join(value[: REQUEST.itemsize] for _, value, mark in asked if mark is None), REQUEST
    )


class Crowd:
    """Tenants that ask at random moments of their own, the same time after their last request as ever.

    Parameters
    ----------
    names
        Of the tenants.
    rows
        What they ask, drawn at random.
    start
        Event time before all of their requests, in Unix milliseconds.
    gap
        Event time between two requests of a tenant in milliseconds; when in it each asks is spread evenly.
    """

    def __init__(
        self, names: Sequence[bytes], rows: NDArray[Any], *, start: int, gap: int, seed: int = 1
    ) -> None:
        self._names = names
        self._rows = rows
        self._gap = gap
        self._random = np.random.default_rng(seed)
        self._times = start + gap * np.arange(len(names)) // max(1, len(names))
        self._asked = 0

    def __len__(self) -> int:
        return len(self._names)

    def round(self, tenants: range | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield tenant and sketch of one request of each, or of those with some numbers, in a new order."""
        order = self._random.permutation(np.array(range(len(self)) if tenants is None else tenants))
        for start in range(0, len(order), AT_ONCE):
            yield from self._asking(order[start : start + AT_ONCE])

    def rounds(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield round after round without an end."""
        while True:
            yield from self.round()

    def _asking(self, tenants: NDArray[np.int64]) -> Iterator[tuple[bytes, bytes]]:
        numbers = range(self._asked + 1, self._asked + 1 + len(tenants))
        self._asked += len(tenants)
        self._times[tenants] += self._gap
        rows = self._rows[self._random.integers(len(self._rows), size=len(tenants))]
        rows["time"], rows["offset"] = self._times[tenants], numbers
        rows["id_size"], rows["topic_size"] = ID_DIGITS, len(TOPIC)
        raw, size = rows.tobytes(), rows.itemsize
        for place, (tenant, number) in enumerate(zip(tenants.tolist(), numbers, strict=True)):
            name = b"%0*d" % (ID_DIGITS, number)
            yield self._names[tenant], raw[place * size : (place + 1) * size] + name + TOPIC
