"""Requests of a batch, a field a column: no object for each of them on the way to their sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from models.event import RequestEvent

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """What `RequestEvent` holds of one request, of many; valid as events are.

    Parameters
    ----------
    ids, tenants
        Of each request.
    times
        Unix milliseconds, shape (n,).
    texts
        By the name of the field, of each request or `None`. A field that no request has may be missing.
    numbers
        As `texts`, shape (n,); not a number where the request does not say. Of flags their number, of
        `logprobs` 0 or 1.
    embeddings
        By the request's place.
    """

    ids: Sequence[str]
    tenants: list[str]
    times: NDArray[np.int64]
    texts: Mapping[str, Sequence[str | None]]
    numbers: Mapping[str, Reals]
    embeddings: Mapping[int, Sequence[float]]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where requests stood on their source topics; each says it of every request.

    Parameters
    ----------
    parts
        Which of the events of its record each is; one number stands for all of them.
    """

    topics: Sequence[str]
    partitions: Sequence[int]
    offsets: Sequence[int]
    parts: Sequence[int] | int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a batch of records said.

    Parameters
    ----------
    columns
        The requests, in the order of their records and of the events in them.
    places
        Of each request's record among the records; one that holds many stands there as often.
    failures
        By place, why a record, or the first event of it that is wrong, was not understood.
    empty
        Number of tombstones and empty values, which say nothing.
    parts
        Which of the events of its record each request is; one number stands for all of them.
    wrong
        By place, how many events of a record were not understood, where it is more than one.
    """

    columns: Columns
    places: Sequence[int]
    failures: Mapping[int, Exception]
    empty: int
    parts: Sequence[int] | int = 0
    wrong: Mapping[int, int] = field(default_factory=dict)


def columns_of(events: Sequence[RequestEvent]) -> Columns:
    """Turn events into columns."""
    return Columns(
        [event.id for event in events],
        [event.tenant for event in events],
        np.array([event.time for event in events], np.int64),
        {name: [getattr(event, name) for event in events] for name in _TEXTS},
        {name: np.array([getattr(event, name) for event in events], np.float64) for name in _NUMBERS}
        | {"flags": np.array([len(event.flags) for event in events], np.float64)},
        {place: event.embedding for place, event in enumerate(events) if event.embedding is not None},
    )


_TEXTS = [known.name for known in fields(RequestEvent) if known.type == "str | None"]
_NUMBERS = [known.name for known in fields(RequestEvent) if known.type in {"int | None", "float | None"}]
_NUMBERS += ["logprobs"]
