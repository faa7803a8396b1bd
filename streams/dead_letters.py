"""Records that could not be understood: kept as they were, with what was wrong in the headers."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import DecodeError
from streams.envelopes import envelope_of
from streams.record import Record
from streams.topic_specs import HEADROOM_BYTES

OVERHEAD_BYTES = HEADROOM_BYTES
"""Room that a topic and a producer leave above `source.max_record_bytes` for key, headers and framing."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it was set aside.

    Parameters
    ----------
    key, value
        The record's own bytes.
    reason
        A short constant, such as `not_json`.
    detail
        A sentence without any text of the payload.
    stage
        `intake`, `detect`, `templates`, `population` or `notify`.
    format
        The input format of the source; on our own topics what stands there: `sketch`, `fingerprint`,
        `population` or `finding`.
    events
        How many events of the record were not understood; the reason is that of the first.
    envelope
        The record's own headers that say how its value is to be read.
    """

    key: bytes | None
    value: bytes | None
    reason: str
    detail: str
    stage: str
    topic: str
    partition: int
    offset: int
    format: str
    events: int = 1
    envelope: tuple[tuple[str, bytes], ...] = ()

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the record headers: ours, each a UTF-8 text, and the record's own that it is read by."""
        texts = {
            "reason": self.reason,
            "detail": self.detail,
            "stage": self.stage,
            "source_topic": self.topic,
            "source_partition": str(self.partition),
            "source_offset": str(self.offset),
            "format": self.format,
            "events": str(self.events),
        }
        return [*((name, text.encode()) for name, text in texts.items()), *self.envelope]


def dead_letter(record: Record, error: Exception, stage: str, form: str, events: int = 1) -> DeadLetter:
    """Set a record aside; an error that is not ours is named by its type alone, as its text may quote."""
    place = (record.topic, record.partition, record.offset, form, events, envelope_of(record))
    if isinstance(error, DecodeError):
        return DeadLetter(record.key, record.value, error.reason, error.detail, stage, *place)
    detail = f"unexpected {type(error).__name__} in {stage}: please report it with the record"
    return DeadLetter(record.key, record.value, "internal_error", detail, stage, *place)
