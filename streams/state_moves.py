"""Where what a state says of places on topics stands after it was brought to other topics.

A state is a function of the records before a position; those from there on are brought along, and stand at
other offsets. Where a topic is still the one that was exported from, its places hold as they are. Of another
source topic nothing is known: what was said of the old one is forgotten.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.errors import SnapshotError
from models.snapshot import Header, pack, unpack
from streams.baseline import HEAD_KEY
from streams.state_record import (
    OWN_KEY,
    PARTITION_KEY,
    TEMPLATE_KEY,
    StateRecord,
    close_partition,
    open_partition,
)
from streams.template_state import POSITION_KEY

Move = Callable[[int], int]
"""Given the offset of the record to be read next, returns it on the new topic."""


def stay(position: int) -> int:
    """Move nothing."""
    return position


@dataclass(frozen=True, slots=True)
class Moved:
    """The move to a partition that the records were written to anew.

    Parameters
    ----------
    offsets
        Where the records stood that were brought along, rising.
    base
        Where the first of them stands now.
    """

    offsets: Sequence[int]
    base: int = 0

    def __call__(self, position: int) -> int:
        """Return the new offset of the record to be read next."""
        return self.base + bisect_left(self.offsets, position)


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves of one partition of the state topic.

    Parameters
    ----------
    judged, fingerprints, population
        Of the partition of each topic that its records speak of.
    sources
        Names of the source topics that marks speak of still; those of all others are forgotten.
    """

    judged: Move = stay
    fingerprints: Move = stay
    population: Move = stay
    sources: frozenset[str] = frozenset()

    def record(self, key: bytes, record: StateRecord) -> StateRecord:
        """Return a state record as it is to be written.

        A tenant's snapshot that a worker would refuse is left out: the tenant starts cold, as it would have
        with the worker.

        Raises
        ------
        SnapshotError
            A partition's own record is damaged.
        """
        if key == PARTITION_KEY:
            return self._partition(record)
        if key == POSITION_KEY or key.startswith(TEMPLATE_KEY):
            return replace(record, position=self.fingerprints(record.position))
        if key == HEAD_KEY:
            return replace(record, position=self.population(record.position))
        return record if key.startswith(OWN_KEY) else self._tenant(record)

    def _partition(self, record: StateRecord) -> StateRecord:
        found = open_partition(record)
        marks = {place: offset for place, offset in found.marks.items() if place[0] in self.sources}
        return close_partition(replace(found, position=self.judged(found.position), marks=marks))

    def _tenant(self, record: StateRecord) -> StateRecord:
        body, position = record.body, self.judged(record.position)
        if body:
            try:
                header, state = unpack(body)
            except SnapshotError:
                return StateRecord(position, record.time, b"")
            body = pack(Header(self.judged(header.offset + 1) - 1, header.time), state)
        return StateRecord(position, record.time, body)


def position_in(records: Mapping[bytes, StateRecord | None], key: bytes) -> int:
    """Return the position that one of a partition's own records has; 0 where it is missing or damaged."""
    record = records.get(key)
    if record is None:
        return 0
    try:
        return open_partition(record).position if key == PARTITION_KEY else record.position
    except SnapshotError:
        return 0


LAST = (PARTITION_KEY, POSITION_KEY, HEAD_KEY)
"""Keys that are written when all else has arrived: without them a worker makes the state anew."""
