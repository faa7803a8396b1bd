"""Many sketches as a table: what the compiled core reads, as it stood on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core import growth
from models.core.layout import REQUEST
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import (
    HOTTEST,
    MAX_TOPIC_BYTES,
    MISSING,
    VERSION,
    Sketch,
    current,
    decode_sketch,
    encode_sketch,
)

HASH_DIGITS = 16
_FIXED = REQUEST.itemsize
_MAGIC = np.frombuffer(b"DWK" + bytes([VERSION]), "<u4")[0]
_COUNTS = slice(REQUEST.fields["chars"][1], REQUEST.fields["temperature"][1])  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests in the order of their records.

    Parameters
    ----------
    tenants
        Their names.
    rows
        Records of `models.core.layout.REQUEST`, shape (n,).
    names
        Behind each other, each request's id and the name of its source topic, in UTF-8.
    ends
        Where each id begins and ends among them, shape (n, 2).
    """

    tenants: list[str]
    rows: NDArray[Any]
    names: bytes
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tenants)

    def id(self, place: int) -> str:
        """Return the id of one request."""
        begin, end = self.ends[place]
        return self.names[begin:end].decode()

    def topic(self, place: int) -> str:
        """Return the source topic of one request."""
        end = int(self.ends[place, 1])
        return self.names[end : end + int(self.rows[place]["topic_size"])].decode()

    def origins(self) -> list[tuple[str, int, int]]:
        """Return topic, partition and offset of every request on its source topic."""
        begins = self.ends[:, 1]
        ends = begins + self.rows["topic_size"]
        names = [self.names[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
        known = {name: name.decode() for name in set(names)}
        numbers = self.rows["partition"].tolist(), self.rows["offset"].tolist()
        return [(known[name], *place) for name, *place in zip(names, *numbers, strict=True)]

    def taken(self, places: Sequence[int]) -> Requests:
        """Return some of the requests, in the order that is given."""
        chosen = np.array(places, np.int64)
        rows = self.rows[chosen]
        rows.flags.writeable = False  # as the others are: compiled code tells the two apart
        return Requests([self.tenants[place] for place in places], rows, self.names, self.ends[chosen])

    def ref(self, place: int) -> RequestRef:
        """Return where one request can be found again."""
        x = self.rows[place]
        template = int(growth.template(x))
        origin = self.topic(place), int(x["partition"]), int(x["offset"])
        return RequestRef(self.id(place), *origin, f"{template:0{HASH_DIGITS}x}")

    def refs(self, places: NDArray[np.int64]) -> list[RequestRef]:
        """Return where many requests can be found again, a few times faster than one by one."""
        templates = self.rows["head_32"][places]
        for name in ("head_16", "head_8", "head_4"):
            templates = np.where(templates > 0, templates, self.rows[name][places])
        ends = self.ends[places]
        topics = ends[:, 1] + self.rows["topic_size"][places]
        ids = [(self.names[a:b], self.names[b:c]) for a, b, c in np.column_stack((ends, topics)).tolist()]
        origins = self.rows["partition"][places].tolist(), self.rows["offset"][places].tolist()
        return [
            RequestRef(name.decode(), topic.decode(), partition, offset, f"{template:0{HASH_DIGITS}x}")
            for (name, topic), partition, offset, template in zip(
                ids, *origins, templates.tolist(), strict=True
            )
        ]


def table_of(sketches: Sequence[Sketch]) -> Requests:
    """Make a table of sketches that are known to be valid."""
    return _table([sketch.tenant for sketch in sketches], [encode_sketch(sketch) for sketch in sketches])


def decode_table(
    keys: Sequence[bytes], values: Sequence[bytes]
) -> tuple[Requests, list[int], dict[int, DecodeError]]:
    """Decode records of the sketch topic, with the refusals of `models.sketch.decode_sketch`.

    Returns
    -------
    tuple
        The valid ones, their places among the records, and by place why the others were refused.
    """
    failures: dict[int, DecodeError] = {}
    doubtful = _doubtful(keys, values)
    if doubtful:
        values = [current(value) for value in values]
    for place in doubtful:
        try:
            decode_sketch(keys[place], values[place])
        except DecodeError as error:
            failures[place] = error
    if not failures:
        return _table([key.decode() for key in keys], values), list(range(len(values))), failures
    kept = [place for place in range(len(values)) if place not in failures]
    return _table([keys[k].decode() for k in kept], [values[k] for k in kept]), kept, failures


def _table(tenants: list[str], values: Sequence[bytes]) -> Requests:
    rows = _rows(values)
    sizes = np.fromiter(map(len, values), np.int64, len(values)) - _FIXED
    ends = np.empty((len(values), 2), np.int64)
    ends[:, 0] = np.cumsum(sizes) - sizes
    ends[:, 1] = ends[:, 0] + rows["id_size"]
    return Requests(tenants, rows, b"".join([value[_FIXED:] for value in values]), ends)


def _rows(values: Sequence[bytes]) -> NDArray[Any]:
    return np.frombuffer(b"".join([value[:_FIXED] for value in values]), REQUEST)


def _doubtful(keys: Sequence[bytes], values: Sequence[bytes]) -> list[int]:
    """Return the places that must be looked at one by one: no others can be refused."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    if not values or lengths.min() < _FIXED:
        return list(range(len(values)))
    rows = _rows(values)
    raw = rows.view(np.uint8).reshape(len(rows), _FIXED)
    counts = raw[:, _COUNTS].copy().view("<i4")
    tenants = np.fromiter(map(len, keys), np.int64, len(keys))
    ids, topics = rows["id_size"].astype(np.int64), rows["topic_size"]
    good = raw[:, :4].copy().view("<u4")[:, 0] == _MAGIC
    good &= (lengths == _FIXED + ids + topics) & (ids > 0) & (ids <= MAX_NAME_BYTES)
    good &= (tenants > 0) & (tenants <= MAX_NAME_BYTES) & (topics <= MAX_TOPIC_BYTES)
    good &= (rows["partition"] >= 0) & (rows["offset"] >= 0)
    good &= (rows["time"] >= EARLIEST_MS) & (rows["time"] < LATEST_MS)
    good &= (rows["signed_up"] == 0) | ((rows["signed_up"] >= EARLIEST_MS) & (rows["signed_up"] < LATEST_MS))
    good &= counts.min(axis=1) >= MISSING
    good &= (rows["temperature"] >= MISSING) & (rows["temperature"] <= HOTTEST)  # false where it is no number
    good &= (rows["embedded"] == 0) | rows["embedding"].any(axis=1)
    plain = [key.isascii() and value[_FIXED:].isascii() for key, value in zip(keys, values, strict=True)]
    return np.flatnonzero(~(good & np.array(plain))).tolist()
