"""What a stage that keeps states by partition has to write, made bit by bit while it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faust.types import TP

from streams.checkpoint import Frozen, StateWrite
from streams.interval import Interval
from streams.state_record import StateRecord, encode_state

AT_ONCE = 512
"""Records that are made in one go, while nobody judges.

As many as a stage judges at once, so that a checkpoint keeps up with what changes while it is written.
"""

Writes = Mapping[bytes, StateRecord | None]


@dataclass(frozen=True, slots=True)
class FrozenPartition:
    """What a checkpoint writes for a partition.

    Parameters
    ----------
    position
        Offset to commit, last of all.
    key, record
        The partition's own record, to be written after `slices`.
    slices
        State records by key; without a value the key is forgotten. Each is kept for restores when it is made,
        and whoever has asked for all may forget the partition's least recently seen.
    """

    position: int
    key: bytes
    record: StateRecord
    slices: Iterator[Writes]


def frozen_stage(topic: str, deliveries: Interval, partitions: Mapping[int, FrozenPartition]) -> Frozen:
    """Put together what a stage did with a topic's partitions, by their numbers."""
    return Frozen(
        deliveries,
        {TP(topic, number): part.position for number, part in partitions.items()},
        _slices(partitions),
        [StateWrite(number, part.key, encode_state(part.record)) for number, part in partitions.items()],
    )


def _slices(partitions: Mapping[int, FrozenPartition]) -> Iterator[Sequence[StateWrite]]:
    for number, part in partitions.items():
        for writes in part.slices:
            yield [
                StateWrite(number, key, None if record is None else encode_state(record))
                for key, record in writes.items()
            ]
