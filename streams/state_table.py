"""The table of tenants' states: a Faust table whose memory is kept by partition.

Faust's own memory store keeps the keys of partitions that have left, and believes the latest record of a key
even if a cut-off worker wrote it. This one drops what left and believes the record with the highest position.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, cast

import faust
import structlog
from faust.stores.memory import Store
from faust.types import TP, EventT

from models.errors import SnapshotError
from streams.state_record import decode_state

LOGGER = logging.getLogger("faust.tables")
log = structlog.get_logger(__name__)


class StateStore(Store):  # type: ignore[type-arg]
    """State records by partition and key."""

    logger = LOGGER

    def __post_init__(self) -> None:
        super().__post_init__()
        self._partitions: dict[int, dict[bytes, bytes]] = {}
        self.on_restored: Callable[[int], None] = lambda _count: None

    def get(self, partition: int, key: bytes) -> bytes | None:  # type: ignore[override]
        """Return the record of a key, or nothing."""
        return self._partitions.get(partition, {}).get(key)

    def put(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Keep a record that is being written; without a value the key is forgotten."""
        records = self._partitions.setdefault(partition, {})
        if value is None:
            records.pop(key, None)
        else:
            records[key] = value

    def records(self, partition: int) -> dict[bytes, bytes]:
        """Return all records of a partition; not to be changed."""
        return self._partitions.get(partition, {})

    def keep_only(self, partitions: Iterable[int]) -> None:
        """Forget every other partition."""
        for partition in set(self._partitions) - set(partitions):
            del self._partitions[partition]

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]], *_args: Any, **_kwargs: Any) -> None:
        """Take in records of the state topic, as they are read at a restore."""
        count = 0
        for event in batch:
            message = event.message
            self._restore(message.partition, bytes(message.key or b""), message.value)
            count += 1
        if count:
            self.on_restored(count)

    def _restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        if value is None:
            self.put(partition, key, None)
            return
        try:
            position = decode_state(value).position
        except SnapshotError as error:
            log.warning("state record refused", partition=partition, reason=str(error))
            return
        known = self.get(partition, key)
        if known is None or decode_state(known).position <= position:
            self.put(partition, key, value)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Forget what belongs to others now."""
        self.keep_only(tp.partition for tp in active_tps | standby_tps)


class StateTable(faust.Table):  # type: ignore[type-arg]
    """A table with raw keys and values over a `StateStore`.

    Parameters
    ----------
    on_restored
        Called with the number of records that were read from the state topic.
    """

    logger = LOGGER
    on_restored: Callable[[int], None] = staticmethod(lambda _count: None)

    def _new_store(self) -> StateStore:
        store = StateStore("memory://", self.app, self, table_name=self.name, loop=self.loop)
        store.on_restored = self.on_restored
        return store

    @property
    def records(self) -> StateStore:
        """The records that were restored and those that are being written."""
        return cast("StateStore", self.data)
