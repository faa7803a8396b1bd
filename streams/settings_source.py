"""The settings of what is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.native import DEFAULT_LIMITS
from streams.settings_section import Section, TopicName


class SourceSettings(Section):
    """The topic with the platform's request events."""

    topic: TopicName = "llm-requests"
    """Topic to read."""
    format: Literal["native"] = "native"
    """How its records are written."""
    keyed_by_tenant: bool = False
    """Whether records of one tenant always share a partition; saves the hop over the sketch topic."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where a group without committed offsets begins."""
    max_record_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = 16_777_216
    """Largest record in bytes that is taken in, and kept as it is when it becomes a dead letter."""
    max_text_chars: Annotated[int, Field(ge=1, le=1_073_741_824)] = DEFAULT_LIMITS.max_text_chars
    """Longest prompt or response in characters; a record with a longer one becomes a dead letter."""
    max_ahead_hours: Annotated[float, Field(gt=0, le=87_600, allow_inf_nan=False)] = 24.0
    """Hours that an event's time may be ahead of its record's timestamp; beyond, it becomes a dead letter."""

    @property
    def max_ahead_ms(self) -> int:
        """The same in milliseconds."""
        return int(self.max_ahead_hours * 3_600_000)
