"""The table of tenants' states: a Faust table whose memory is kept by partition.

Faust's own stores keep the keys of partitions that have left, and believe the latest record of a key even if
a cut-off worker wrote it. This one drops what left and believes the record with the highest position.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import faust
import structlog
from faust.stores.memory import Store
from faust.types import TP

from models.errors import SnapshotError
from streams.record import Record
from streams.snapshot_store import SnapshotStore
from streams.state_record import (
    OWN_KEY,
    PARTITION_KEY,
    TEMPLATE_KEY,
    StateRecord,
    decode_state,
    open_partition,
)

LOGGER = logging.getLogger("faust.tables")
log = structlog.get_logger(__name__)


class StateStore(Store):  # type: ignore[type-arg]
    """State records by partition and key, on disk."""

    logger = LOGGER

    def __post_init__(self) -> None:
        super().__post_init__()
        self._stores: dict[int, SnapshotStore] = {}
        self.folder: Path | None = None
        self.on_restored: Callable[[int, int], None] = lambda _count, _refused: None

    def get(self, partition: int, key: bytes) -> StateRecord | None:  # type: ignore[override]
        """Return the record of a key, or nothing."""
        store = self._stores.get(partition)
        return None if store is None else store.get(key)

    def position(self, partition: int) -> int | None:
        """Return how far a partition has been processed; nothing where its record is missing or broken."""
        record = self.get(partition, PARTITION_KEY)
        if record is None:
            return None
        try:
            return open_partition(record).position
        except SnapshotError:
            return None

    def time(self, partition: int) -> int:
        """Return the latest event time that a partition had judged, in Unix milliseconds; 0 for none."""
        record = self.get(partition, PARTITION_KEY)
        return 0 if record is None else record.time

    def put(self, partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Keep records that are being written; a key without one is forgotten."""
        self._store(partition).put(writes)

    def older_than(self, partition: int, time: int, most: int, kind: bytes = b"") -> list[bytes]:
        """Return the keys of a partition's oldest records of before a time in Unix milliseconds.

        Parameters
        ----------
        kind
            See `SnapshotStore.older_than`.
        """
        store = self._stores.get(partition)
        return [] if store is None else store.older_than(time, most, kind)

    def keep_only(self, partitions: Iterable[int]) -> None:
        """Forget every other partition."""
        for partition in set(self._stores) - set(partitions):
            self._stores.pop(partition).close()

    def apply_changelog_batch(self, *_args: Any, **_kwargs: Any) -> None:
        """Leave alone what Faust buffered: `restore` has had it, and all that lay before it."""

    def restore(self, partition: int, records: Iterable[Record]) -> None:
        """Take in records of the state topic, in their order."""
        self._store(partition).restore(self._read(records))

    def _read(self, messages: Iterable[Record]) -> Iterator[tuple[bytes, StateRecord | None]]:
        """Read state records; one that is damaged counts as none, for what it replaced is out of date."""
        count = refused = 0
        for message in messages:
            count += 1
            key, record = bytes(message.key or b""), None
            if message.value is not None:
                try:
                    record = _record(key, message.value)
                except SnapshotError as error:
                    refused += 1
                    log.error(  # noqa: TRY400 - where it was refused says nothing
                        "state record refused: what it stands for starts anew",
                        reason=str(error),
                        partition=message.partition,
                        offset=message.offset,
                        tenant=key.decode(errors="replace"),
                    )
            yield key, record
        self.on_restored(count, refused)

    def _store(self, partition: int) -> SnapshotStore:
        if partition not in self._stores:
            self._stores[partition] = SnapshotStore(self.folder)
        return self._stores[partition]

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Forget what belongs to others now."""
        self.keep_only(tp.partition for tp in active_tps | standby_tps)


def _record(key: bytes, value: bytes) -> StateRecord:
    """Decode a record; a key that names no tenant would stop whoever looks for the idle."""
    try:
        if not key.startswith(TEMPLATE_KEY):
            key.removeprefix(OWN_KEY).decode()
    except UnicodeDecodeError:
        raise SnapshotError("the key of a record of the state topic is not a tenant") from None
    return decode_state(value)


class StateTable(faust.Table):  # type: ignore[type-arg]
    """A table with raw keys and values over a `StateStore`.

    Parameters
    ----------
    folder
        Where the records are kept; the system's temporary folder if absent.
    on_restored
        Called with the numbers of records that were read from the state topic and of those refused.
    """

    logger = LOGGER
    folder: Path | None = None
    on_restored: Callable[[int, int], None] = staticmethod(lambda _count, _refused: None)

    def _new_store(self) -> StateStore:
        store = StateStore("memory://", self.app, self, table_name=self.name, loop=self.loop)
        store.folder = self.folder
        store.on_restored = self.on_restored
        return store

    @property
    def records(self) -> StateStore:
        """The records that were restored and those that are being written."""
        return cast("StateStore", self.data)
