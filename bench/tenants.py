"""States of warm tenants, as a worker would have written them: a few hundred models under many names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from bench.offline import sketches
from bench.traffic import events
from models.config import DetectorConfig
from models.fleet import Fleet
from models.requests import decode_table
from models.snapshot import Header, pack, unpack
from streams.state_record import StateRecord, encode_state

BATCH = 512


def snapshots(models: int = 200, requests: int = 300) -> Sequence[bytes]:
    """Make snapshots of tenants with so many requests each on average; they know no offset yet."""
    fleet = Fleet(DetectorConfig(), lambda _: None)
    asked = sketches(events(models * requests, text=True, tenants=models), "bench")
    records = [(key, value) for key, value, mark in asked if mark is None]
    for start in range(0, len(records), BATCH):
        keys, values = zip(*records[start : start + BATCH], strict=True)
        fleet.apply_many(decode_table(keys, values)[0], range(start, start + len(keys)))
    return [_without_offset(blob) for _, blob in fleet.changed() if blob]


def _without_offset(snapshot: bytes) -> bytes:
    header, body = unpack(snapshot)
    return pack(Header(0, header.time), body)


def state_records(names: Sequence[bytes], blobs: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value for the state topic: each name with one of the snapshots, in turn."""
    for name, blob in zip(names, cycle(blobs), strict=False):
        yield name, encode_state(StateRecord(0, unpack(blob)[0].time, blob))
