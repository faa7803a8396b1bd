"""What could not be told, to the dead-letter topic."""

from __future__ import annotations

from confluent_kafka import KafkaError, Message, Producer

from models.errors import DeliveryError, TopicError
from streams.dead_letters import DeadLetter
from streams.librdkafka import librdkafka_options
from streams.settings import Settings
from streams.topic_plan import grant

STAGE = "notify"
FORMAT = "finding"
NOT_DELIVERED = "not_delivered"


class DeadLetters:
    """Writes dead letters and waits for their arrival."""

    def __init__(self, settings: Settings) -> None:
        self._kafka = settings.kafka
        self._topic = settings.topics.dead_letters
        self._failure: KafkaError | None = None
        self._producer = Producer(
            librdkafka_options(settings.kafka)
            | {
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.timeout.ms": int(settings.kafka.request_timeout * 1000),
            }
        )

    def write(self, record: Message, reason: str, detail: str) -> None:
        """Set a record aside.

        Raises
        ------
        TopicError
            We may not write to the topic.
        DeliveryError
            It was not taken.
        """
        place = (record.topic() or "", record.partition() or 0, record.offset() or 0)
        letter = DeadLetter(record.key(), record.value(), reason, detail, STAGE, *place, format=FORMAT)
        headers: dict[str, str | bytes | None] = dict(letter.headers())
        self._producer.produce(
            self._topic, letter.value, letter.key, headers=headers, on_delivery=self._delivered
        )
        self._producer.flush()
        if self._failure is None:
            return
        if self._failure.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise TopicError(
                f"may not write to {self._topic}: {grant(self._kafka, 'Write', topic=self._topic)}"
            )
        raise DeliveryError(
            f"a dead letter was not taken by {self._topic}: {self._failure.str()}; "
            "nothing was committed past it: start again, and nothing is missing"
        )

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failure = self._failure or error
