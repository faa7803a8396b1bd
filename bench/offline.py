"""The sketch topic as intake would have filled it, so that detect can be measured alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from bench.broker import PARTITIONS
from models.columns import Origins
from models.native_columns import decode_columns
from models.sketcher import Sketcher
from models.wire import values_of
from streams.embedders import load_embedder
from streams.mark_post import MarkPost
from streams.population_records import Mark, mark_record

BATCH = 512

Record = tuple[bytes, bytes, int | None]
"""Key, value and partition; `None` is the partition of the key."""


def sketches(records: Iterable[tuple[bytes, bytes]], source: str) -> Iterator[Record]:
    """Yield the sketches of records of the source topic, and the marks that intake sets between them."""
    sketcher, offset, waiting = Sketcher(load_embedder("wordllama")), 0, list[Mark]()
    post = MarkPost(waiting.append, idle_seconds=3600.0)
    whole = iter(records)
    while part := list(islice(whole, BATCH)):
        columns = decode_columns([value for _, value in part]).columns
        origins = Origins([source] * len(part), [0] * len(part), range(offset, offset + len(part)))
        table = sketcher.table(columns, origins)
        offset += len(part)
        yield from ((key, value, None) for (key, _), value in zip(part, values_of(table), strict=True))
        for partition in range(PARTITIONS):
            post.reach(partition, int(table.rows["time"].max()))
        for mark in waiting:
            key, value = mark_record(mark)
            yield from ((key, value, partition) for partition in range(PARTITIONS))
        waiting.clear()
