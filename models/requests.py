"""Many sketches as a table: what the compiled core reads, as it stood on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core import records
from models.core.layout import REQUEST
from models.errors import DecodeError
from models.finding import RequestRef
from models.sketch import Sketch, current, decode_sketch, encode_sketch

HASH_DIGITS = 16
_HEADS = ("head_32", "head_16", "head_8", "head_4")
_FIXED = REQUEST.itemsize


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
        Each request's id and right behind it the name of its source topic, in UTF-8, among other bytes.
    ends
        Where each id begins and ends there, shape (n, 2).
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

    def sources(self) -> tuple[list[tuple[str, int]], NDArray[np.int64]]:
        """Return the topic and partition of every source, and for each request which of them it is from."""
        codes, firsts = np.empty(len(self), np.int64), np.empty(len(self), np.int64)
        names = np.frombuffer(self.names, np.uint8)
        count = records.sources(self.rows, names, self.ends, codes, firsts)
        places = firsts[:count].tolist()
        return [(self.topic(place), int(self.rows[place]["partition"])) for place in places], codes

    def taken(self, places: Sequence[int]) -> Requests:
        """Return some of the requests, in the order that is given."""
        chosen = np.array(places, np.int64)
        rows = self.rows[chosen]
        rows.flags.writeable = False
        return Requests([self.tenants[place] for place in places], rows, self.names, self.ends[chosen])

    def ref(self, place: int) -> RequestRef:
        """Return where one request can be found again."""
        x = self.rows[place]
        template = next((found for name in _HEADS if (found := int(x[name]))), 0)
        origin = self.topic(place), int(x["partition"]), int(x["offset"])
        return RequestRef(self.id(place), *origin, f"{template:0{HASH_DIGITS}x}")

    def refs(
        self, places: NDArray[np.int64], templates: NDArray[np.uint64] | None = None
    ) -> list[RequestRef]:
        """Return where requests can be found again.

        Their templates are those of their longest heads where none are given.
        """
        return [
            RequestRef(name.decode(), topic.decode(), partition, offset, f"{template:0{HASH_DIGITS}x}")
            for name, topic, partition, offset, template in self.places(places, templates)
        ]

    def places(
        self, places: NDArray[np.int64], templates: NDArray[np.uint64] | None = None
    ) -> Iterator[tuple[bytes, bytes, int, int, int]]:
        """Yield the same as numbers and bytes: id, source topic, partition, offset and template."""
        if templates is None:
            templates = self.rows[_HEADS[0]][places]
            for name in _HEADS[1:]:
                templates = np.where(templates > 0, templates, self.rows[name][places])
        ends = self.ends[places]
        topics = ends[:, 1] + self.rows["topic_size"][places]
        origins = self.rows["partition"][places].tolist(), self.rows["offset"][places].tolist()
        borders = (*ends.T.tolist(), topics.tolist())
        for begin, middle, end, *place in zip(*borders, *origins, templates.tolist(), strict=True):
            yield self.names[begin:middle], self.names[middle:end], *place


def table_of(sketches: Sequence[Sketch]) -> Requests:
    """Make a table of sketches that are known to be valid."""
    return _table(
        [sketch.tenant for sketch in sketches], _cut([encode_sketch(sketch) for sketch in sketches])
    )


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
    cuts = _cut(values)
    doubtful = _doubtful(keys, cuts)
    if doubtful:
        values = [current(value) for value in values]
    for place in doubtful:
        try:
            decode_sketch(keys[place], values[place])
        except DecodeError as error:
            failures[place] = error
    kept = [place for place in range(len(values)) if place not in failures]
    if doubtful:
        cuts = _cut([values[place] for place in kept])
        keys = [keys[place] for place in kept]
    return _table(list(map(bytes.decode, keys)), cuts), kept, failures


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Records cut into rows and the rest; where each begins and the last ends, and which rests are ASCII."""

    rows: NDArray[Any]
    joined: bytes
    begins: NDArray[np.int64]
    plain: NDArray[np.bool_]


def _cut(values: Sequence[bytes]) -> _Cuts:
    """Cut records; there are no rows where one of them is too short to have one."""
    joined = b"".join(values)
    begins = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=begins[1:])
    whole = len(values) if values and np.diff(begins).min() >= _FIXED else 0
    rows, plain = np.empty(whole, REQUEST), np.empty(whole, np.bool_)
    records.cut(np.frombuffer(joined, np.uint8), begins, rows.view(np.uint8).reshape(whole, _FIXED), plain)
    rows.flags.writeable = False  # compiled code tells the two apart
    return _Cuts(rows, joined, begins, plain)


def _table(tenants: list[str], cuts: _Cuts) -> Requests:
    ends = np.empty((len(tenants), 2), np.int64)
    ends[:, 0] = cuts.begins[:-1] + _FIXED
    ends[:, 1] = ends[:, 0] + cuts.rows["id_size"]
    return Requests(tenants, cuts.rows, cuts.joined, ends)


def _doubtful(keys: Sequence[bytes], cuts: _Cuts) -> list[int]:
    """Return the places that must be looked at one by one: no others can be refused."""
    if not len(cuts.rows):
        return list(range(len(keys)))
    sizes = np.fromiter(map(len, keys), np.int64, len(keys))
    good = records.valid(cuts.rows, cuts.begins, sizes) & cuts.plain
    if not b"".join(keys).isascii():
        good &= np.fromiter(map(bytes.isascii, keys), np.bool_, len(keys))
    return np.flatnonzero(~good).tolist()
