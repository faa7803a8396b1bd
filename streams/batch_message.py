"""What a stage is handed: all that one fetch held of a partition, still packed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.packed import PackedRecords
from streams.record import Record

UNPACKED_AT_ONCE = 512


class BatchMessage(ConsumerMessage):
    """Records of one partition in the order of their offsets; its own offset is that of the last.

    Parameters
    ----------
    packed
        As they were fetched.
    """

    def __init__(self, tp: TP, packed: PackedRecords, generation: int) -> None:
        place = (tp.topic, tp.partition, packed.end - 1)
        super().__init__(*place, 0.0, 0, None, None, b"", None, tp=tp, generation_id=generation)
        self._packed = packed
        self.size: int = packed.end - packed.begin
        """How many offsets it spans."""

    def chunks(self, most: int) -> Iterator[list[Record]]:
        """Unpack so many records at a time; once."""
        while chunk := self._packed.take(most):
            yield chunk

    def records(self) -> Iterator[Record]:
        """Unpack all; once."""
        return chain.from_iterable(self.chunks(UNPACKED_AT_ONCE))
