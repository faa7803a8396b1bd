"""Requests of a batch, a field a column: no object for each of them on the way to their sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

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
    """Where requests stood on their source topics; each of the three says it of every request."""

    topics: Sequence[str]
    partitions: Sequence[int]
    offsets: Sequence[int]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a batch of records said.

    Parameters
    ----------
    columns
        The requests, in the order of their records.
    places
        Of each request's record among the records.
    failures
        By place, why the others were not understood.
    empty
        Number of tombstones and empty values, which say nothing.
    """

    columns: Columns
    places: Sequence[int]
    failures: Mapping[int, Exception]
    empty: int


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


_TEXTS = [field.name for field in fields(RequestEvent) if field.type == "str | None"]
_NUMBERS = [field.name for field in fields(RequestEvent) if field.type in {"int | None", "float | None"}]
_NUMBERS += ["logprobs"]
