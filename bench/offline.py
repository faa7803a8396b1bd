"""The sketch topic as intake would have filled it, so that detect can be measured alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from bench.broker import PARTITIONS
from models.native import decode_native
from models.sketch import Origin, encode_sketch
from models.sketcher import Sketcher
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
        events = [event for _, value in part if (event := decode_native(value))]
        origins = [Origin(source, 0, offset + number) for number in range(len(events))]
        offset += len(part)
        for (key, _), sketch in zip(part, sketcher.sketch_many(events, origins), strict=True):
            yield key, encode_sketch(sketch), None
        for partition in range(PARTITIONS):
            post.reach(partition, events[-1].time)
        for mark in waiting:
            key, value = mark_record(mark)
            yield from ((key, value, partition) for partition in range(PARTITIONS))
        waiting.clear()
