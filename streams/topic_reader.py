"""Read a topic of ours, such as that of the alerts, without a group and without commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from models.errors import BrokerError, TopicError
from streams.librdkafka import librdkafka_options, partitions_of
from streams.settings_kafka import KafkaSettings
from streams.topic_plan import grant

_POLL_SECONDS = 0.2


class TopicReader:
    """Reads all partitions of a topic.

    Parameters
    ----------
    partition
        The only one to read; all unless given.
    starts
        Offsets to begin with, by partition; where none is given, or it is gone, `from_beginning` tells.
    since
        Begin with the first record of each partition that was written at this time or later, in Unix
        milliseconds by the wall clock; in place of `starts`.
    from_beginning
        Whether to start with the oldest record, or with those that are written from now on.

    Raises
    ------
    BrokerError
        No broker answers.
    TopicError
        The topic does not exist.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        *,
        from_beginning: bool,
        partition: int | None = None,
        starts: Mapping[int, int] | None = None,
        since: int | None = None,
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        every = partitions_of(kafka, topic)
        self._partitions = [number for number in every if partition in {None, number}]
        self._lost = False
        self._consumer = Consumer(
            librdkafka_options(kafka)
            | {
                "group.id": "distillwatch-reader",  # librdkafka asks for one; it is never joined
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest" if from_beginning else "latest",
                "error_cb": self._on_error,
            }
        )
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        starts = self._offsets_at(since) if since is not None else starts or {}
        self._consumer.assign(
            [TopicPartition(topic, number, starts.get(number, start)) for number in self._partitions]
        )

    def present(self) -> Iterator[Message]:
        """Yield what there is up to the end of every partition."""
        unread = set(self._partitions)
        while unread:
            message = self._poll()
            if message is None:
                continue
            if message.error() is not None:
                unread.discard(message.partition() or 0)
            else:
                yield message

    def follow(
        self, until_idle: float | None = None, now: Callable[[], float] = time.monotonic
    ) -> Iterator[Message]:
        """Yield what there is and then what comes, for ever or until none came for `until_idle` seconds."""
        yield from self.present()
        last = now()
        while until_idle is None or now() - last < until_idle:
            message = self.poll()
            if message is not None:
                last = now()
                yield message

    def poll(self) -> Message | None:
        """Return the next record, or None if there is none within a moment."""
        message = self._poll()
        return None if message is None or message.error() is not None else message

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _offsets_at(self, since: int) -> Mapping[int, int]:
        asked = [TopicPartition(self._topic, number, since) for number in self._partitions]
        try:
            found = self._consumer.offsets_for_times(asked, timeout=self._kafka.request_timeout)
        except KafkaException as error:
            self._consumer.close()
            raise BrokerError(f"{self._topic} cannot be read: {error.args[0].str()}") from None
        return {place.partition: place.offset for place in found}

    def _poll(self) -> Message | None:
        """Wait a moment for a record or the end of a partition."""
        message = self._consumer.poll(_POLL_SECONDS)
        error = message.error() if message is not None else None
        if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            require_readable(error, self._kafka, self._topic)
            return None
        if self._lost:
            raise BrokerError(
                f"the broker at {self._kafka.bootstrap_servers} is gone; start it and read again"
            )
        return message

    def _on_error(self, error: KafkaError) -> None:
        self._lost = self._lost or error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001


def require_readable(error: KafkaError, kafka: KafkaSettings, topic: str) -> None:
    """Return if an error that came in place of a record means nothing to us.

    Raises
    ------
    BrokerError, TopicError
        The topic cannot be read; says what to do.
    """
    if error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
        return  # librdkafka looks for the coordinator of a group that we do not use
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        raise TopicError(f"may not read {topic}: {grant(kafka, 'Read', topic=topic)}")
    raise BrokerError(f"{topic} cannot be read: {error.str()}; see `distillwatch doctor`")
