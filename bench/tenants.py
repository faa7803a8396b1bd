"""States of warm tenants, as a worker would have written them: a few hundred models under many names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from bench.traffic import events
from models.config import DetectorConfig
from models.fleet import Fleet
from models.native import decode_native
from models.requests import table_of
from models.sketch import Origin
from models.sketcher import Sketcher
from models.snapshot import Header, pack, unpack
from streams.embedders import load_embedder
from streams.state_record import StateRecord, encode_state

BATCH = 512


def snapshots(models: int = 200, requests: int = 300) -> Sequence[bytes]:
    """Make snapshots of tenants with so many requests each on average; they know no offset yet."""
    sketcher, fleet = Sketcher(load_embedder("wordllama")), Fleet(DetectorConfig(), lambda _: None)
    records = [value for _, value in events(models * requests, text=True, tenants=models)]
    for start in range(0, len(records), BATCH):
        known = [event for value in records[start : start + BATCH] if (event := decode_native(value))]
        origins = [Origin("bench", 0, start + number) for number in range(len(known))]
        table = table_of(sketcher.sketch_many(known, origins))
        fleet.apply_many(table, [origin.offset for origin in origins])
    return [_without_offset(blob) for _, blob in fleet.changed() if blob]


def _without_offset(snapshot: bytes) -> bytes:
    header, body = unpack(snapshot)
    return pack(Header(0, header.time), body)


def state_records(names: Sequence[bytes], blobs: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value for the state topic: each name with one of the snapshots, in turn."""
    for name, blob in zip(names, cycle(blobs), strict=False):
        yield name, encode_state(StateRecord(0, unpack(blob)[0].time, blob))
