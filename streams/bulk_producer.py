"""Publishing many records in order, in little memory; an idempotent producer keeps the order."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from models.errors import DeliveryError, TopicError
from streams.librdkafka import librdkafka_options
from streams.settings_kafka import KafkaSettings
from streams.topic_plan import grant

BUFFER_KIB = 65_536
"""Most that waits to be sent; any number of records is published in this much memory."""

ANY_PARTITION, NOW = -1, 0


class BulkProducer:
    """Publishes records; the first failure of one is told by whatever is called next.

    Parameters
    ----------
    largest
        Bytes that a record may have.
    what, advice
        What a record is, and what to do when one could not be delivered, to be said then.
    """

    def __init__(self, kafka: KafkaSettings, *, largest: int, what: str, advice: str) -> None:
        self._kafka = kafka
        self._what = what
        self._advice = advice
        self._failure: tuple[str, KafkaError] | None = None
        self._producer = Producer(
            librdkafka_options(kafka)
            | {
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "queue.buffering.max.kbytes": BUFFER_KIB,
                "message.max.bytes": largest,
                "message.timeout.ms": int(kafka.request_timeout * 1000),
            }
        )

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int = ANY_PARTITION,
        timestamp: int = NOW,
    ) -> None:
        """Publish a record; errors as of `finish`.

        Parameters
        ----------
        timestamp
            Unix milliseconds.
        """
        while not self._queued(topic, key, value, partition, timestamp):
            self._producer.poll(0.1)
            self._check()
        self._producer.poll(0)
        self._check()

    def finish(self) -> None:
        """Wait until everything is delivered.

        Raises
        ------
        TopicError
            We may not write to a topic.
        DeliveryError
            Something could not be delivered.
        """
        self._producer.flush()
        self._check()

    def _queued(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int, timestamp: int
    ) -> bool:
        """Queue a record; false where there is no room."""
        try:
            self._producer.produce(
                topic,
                value,
                key,
                partition=partition,
                timestamp=timestamp,
                on_delivery=self._delivered,
            )
        except BufferError:
            return False
        except KafkaException as error:
            self._failure = self._failure or (topic, error.args[0])
        return True

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failure = self._failure or (message.topic() or "", error)

    def _check(self) -> None:
        if self._failure is None:
            return
        topic, error = self._failure
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise TopicError(f"may not write to {topic}: {grant(self._kafka, 'Write', topic=topic)}")
        detail = f"{self._what} could not be delivered to {topic}: {error.str()}"
        raise DeliveryError(f"{detail}; see `distillwatch doctor`, then {self._advice}")
