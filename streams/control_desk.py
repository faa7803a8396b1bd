"""The control topic as the commands see it: what stands there, and how a change is added."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from models.control.parsing import VERSION, parse_change
from models.control.records import Change
from models.errors import DeliveryError, SettingsError, TopicError
from streams.control_reading import PARTITION, ControlReading, Refusal
from streams.librdkafka import librdkafka_options
from streams.settings import Settings
from streams.topic_plan import grant
from streams.topic_reader import TopicReader


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the topic: a change, or why it is none."""

    offset: int
    value: bytes
    change: Change | None
    refusal: Refusal | None


class Desk:
    """All that stands on the topic.

    Raises
    ------
    SettingsError
        The control topic is not followed.
    BrokerError
        No broker answers.
    TopicError
        The topic does not exist, or we may not read it.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.control.enabled:
            raise SettingsError("control.enabled is false: no worker would follow a change")
        self._settings = settings
        self._refusals: dict[int, Refusal] = {}
        self._reading = ControlReading(self._refused)
        topic = settings.topics.control
        with closing(TopicReader(settings.kafka, topic, from_beginning=True, partition=PARTITION)) as reader:
            taken = [self._take(record) for record in reader.present()]
        self.entries = [entry for entry in taken if entry.value]
        """The records of the topic but for empty ones, in order."""
        self.control = self._reading.finish()
        """What they add up to."""

    def add(self, draft: bytes) -> Change:
        """Write a change, if every worker would take it.

        Parameters
        ----------
        draft
            The record's value, see `draft`.

        Raises
        ------
        ControlError
            A worker would refuse it, in the words of the worker.
        DeliveryError
            It could not be written.
        TopicError
            We may not write.
        """
        change = parse_change(draft)
        self.control = self.control.with_change(change)
        write(self._settings, change.id.encode(), draft)
        return change

    def _take(self, record: Message) -> Entry:
        offset, value = record.offset() or 0, bytes(record.value() or b"")
        change = self._reading.take(offset, record.key(), value)
        return Entry(offset, value, change, self._refusals.get(offset))

    def _refused(self, refusal: Refusal) -> None:
        self._refusals[refusal.offset] = refusal


def draft(fields: Mapping[str, Any]) -> bytes:
    """Return the value of a change's record; fields that are `None` are left out.

    Raises
    ------
    ControlError
        Every worker would refuse it, in the words of the worker.
    """
    value = orjson.dumps({"version": VERSION, **{k: v for k, v in fields.items() if v is not None}})
    parse_change(value)
    return value


def write(settings: Settings, key: bytes, value: bytes) -> None:
    """Write a record and wait until it has arrived.

    Raises
    ------
    DeliveryError
        It could not be written.
    TopicError
        We may not write.
    """
    kafka, topic = settings.kafka, settings.topics.control
    options = {"enable.idempotence": True, "message.timeout.ms": int(kafka.request_timeout * 1000)}
    producer = Producer(librdkafka_options(kafka) | options)
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        failures.extend([] if error is None else [error])

    try:
        producer.produce(topic, value, key, partition=PARTITION, on_delivery=delivered)
        producer.flush()
    except KafkaException as error:
        failures.append(error.args[0])
    for failure in failures:
        if failure.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise TopicError(f"may not write to {topic}: {grant(kafka, 'Write', topic=topic)}")
        raise DeliveryError(f"the change could not be written to {topic}: {failure.str()}; nothing changed")
