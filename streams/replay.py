"""Publish the records of files to the source topic, keyed by tenant, as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from models.errors import DecodeError, DeliveryError, TopicError
from streams.dead_letters import OVERHEAD_BYTES
from streams.event_files import Line
from streams.formats import decoder_of_one
from streams.librdkafka import librdkafka_options
from streams.pace import Pace
from streams.settings import Settings
from streams.topic_plan import grant

BUFFER_KIB = 65_536
"""Most that waits to be sent; a file of any size is replayed in this much memory."""


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
        self._kafka = settings.kafka
        self._topic = settings.source.topic
        self._decode = decoder_of_one(
            settings.source.format, settings.source.options(settings.embedding.size)
        )
        self._pace = pace
        self._failure: KafkaError | None = None
        self._producer = Producer(
            librdkafka_options(settings.kafka)
            | {
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "queue.buffering.max.kbytes": BUFFER_KIB,
                "message.max.bytes": settings.source.max_record_bytes + OVERHEAD_BYTES,
                "message.timeout.ms": int(settings.kafka.request_timeout * 1000),
            }
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
        self._produce(key, line.value)
        self.summary.published += 1
        self._check()

    def finish(self) -> None:
        """Wait until everything is delivered.

        Raises
        ------
        DeliveryError
            Something could not be delivered.
        """
        self._producer.flush()
        self._check()

    def _key_and_time(self, line: Line) -> tuple[bytes | None, int | None]:
        try:
            found = self._decode(line.value)
        except DecodeError:
            self.summary.bad += 1
            return None, None
        event = next((event for event in found if not isinstance(event, DecodeError)), None)
        self.summary.bad += bool(found) and event is None
        return (None, None) if event is None else (event.tenant.encode(), event.time)

    def _produce(self, key: bytes | None, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.1)
                self._check()
            except KafkaException as error:
                self._failure = error.args[0]
                return
            else:
                self._producer.poll(0)
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure is not None:
            if self._failure.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise TopicError(
                    f"may not write to {self._topic}: {grant(self._kafka, 'Write', topic=self._topic)}"
                )
            detail = f"an event could not be delivered to {self._topic}: {self._failure.str()}"
            raise DeliveryError(f"{detail}; see `distillwatch doctor`, then replay again")


def publish_all(replay: Replay, lines: Iterable[Line]) -> ReplaySummary:
    """Publish all lines and wait for their delivery."""
    for line in lines:
        replay.publish(line)
    replay.finish()
    return replay.summary
