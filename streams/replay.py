"""Publish the records of files to the source topic, keyed by tenant, as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.errors import DecodeError
from streams.bulk_producer import BulkProducer
from streams.dead_letters import OVERHEAD_BYTES
from streams.event_files import Line
from streams.formats import decoder_of_one
from streams.pace import Pace
from streams.settings import Settings


@dataclass(slots=True)
class ReplaySummary:
    """What was published: all records, those that could not be understood, and blank lines left out."""

    published: int = 0
    bad: int = 0
    empty: int = 0


class Replay:
    """Publishes records in their order; an idempotent producer keeps the order of each tenant.

    One that holds many events has the first one's tenant as its key. Records that cannot be understood are
    published too, without a key: what becomes of them is the pipeline's business.
    """

    def __init__(self, settings: Settings, pace: Pace) -> None:
        self.summary = ReplaySummary()
        self._topic = settings.source.topic
        self._decode = decoder_of_one(
            settings.source.format, settings.source.options(settings.embedding.size)
        )
        self._pace = pace
        self._producer = BulkProducer(
            settings.kafka,
            largest=settings.source.max_record_bytes + OVERHEAD_BYTES,
            what="an event",
            advice="replay again",
        )

    def publish(self, line: Line) -> None:
        """Publish one line; blank ones are left out.

        Raises
        ------
        DeliveryError
            This line or an earlier one could not be delivered.
        """
        if not line.value:
            self.summary.empty += 1
            return
        key, time = self._key_and_time(line)
        self._pace.wait(time)
        self._producer.publish(self._topic, key, line.value)
        self.summary.published += 1

    def finish(self) -> None:
        """Wait until everything is delivered.

        Raises
        ------
        DeliveryError
            Something could not be delivered.
        """
        self._producer.finish()

    def _key_and_time(self, line: Line) -> tuple[bytes | None, int | None]:
        try:
            found = self._decode(line.value)
        except DecodeError:
            self.summary.bad += 1
            return None, None
        event = next((event for event in found if not isinstance(event, DecodeError)), None)
        self.summary.bad += bool(found) and event is None
        return (None, None) if event is None else (event.tenant.encode(), event.time)


def publish_all(replay: Replay, lines: Iterable[Line]) -> ReplaySummary:
    """Publish all lines and wait for their delivery."""
    for line in lines:
        replay.publish(line)
    replay.finish()
    return replay.summary
