"""The alert topic as a group reads it that commits what was told, and knows what was told before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from models.errors import BrokerError, TopicError
from streams.librdkafka import librdkafka_options
from streams.settings_kafka import KafkaSettings
from streams.topic_plan import grant

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
PROBE_SECONDS = 2.0
LONGEST_INTERVAL_MS = 86_400_000
_LOST = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.FENCED_INSTANCE_ID,
}


@dataclass(slots=True)
class Place:
    """Where we stand in a partition.

    Parameters
    ----------
    since
        Where the group began; read again from here at every start, and kept in the metadata of the commits.
    known
        Below it all was told before we started.
    committed
        The offset that the broker has.
    position
        The offset after the last record that we took.
    """

    since: int
    known: int
    committed: int
    position: int


class Inbox:
    """Reads all findings of our partitions from where the group began, and commits what was told.

    Parameters
    ----------
    start
        Where a group without commits begins: `earliest` or `latest`.
    patience
        Seconds that we may take between two records until the group counts us as gone.
    on_change
        Called with the partitions that are ours, after every rebalance.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        group: str,
        *,
        start: str,
        patience: float,
        on_change: Callable[[Sequence[int]], None],
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        self._group = group
        self._earliest = start == "earliest"
        self._on_change = on_change
        self._places: dict[int, Place] = {}
        self._lost_at: float | None = None
        self.joined = False
        interval = min(LONGEST_INTERVAL_MS, int(patience * 1000) + 300_000)
        self._consumer = Consumer(
            librdkafka_options(kafka)
            | {
                "group.id": group,
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                # Only where retention has deleted what stood at the position.
                "auto.offset.reset": "earliest",
                "max.poll.interval.ms": interval,
                "session.timeout.ms": 10_000,
                "error_cb": self._on_error,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked)

    @property
    def places(self) -> dict[int, Place]:
        """Our partitions, and where we stand in them."""
        return self._places

    @property
    def has_caught_up(self) -> bool:
        """Whether all that was told before has been read again."""
        return self.joined and all(place.position >= place.known for place in self._places.values())

    def poll(self) -> Message | None:
        """Return the next record, or None if there is none within a moment.

        Raises
        ------
        TopicError
            We may not read the topic or use the group.
        BrokerError
            The broker was gone for `kafka.request_timeout`, or failed.
        """
        message = self._consumer.poll(POLL_SECONDS)
        self._require_broker()
        if message is None:
            return None
        error = message.error()
        if error is not None:
            raise self._failure(error)
        place = self._places.get(message.partition() or 0)
        if place is not None:
            place.position = (message.offset() or 0) + 1
        return message

    def was_told(self, message: Message) -> bool:
        """Tell whether a record was dealt with before we started."""
        place = self._places.get(message.partition() or 0)
        return place is not None and (message.offset() or 0) < place.known

    def commit(self, held: dict[int, int]) -> None:
        """Commit what was taken, but not beyond the offsets `held` by partition.

        Raises
        ------
        BrokerError
            The broker did not take it.
        """
        offsets = {number: self._committable(number, held) for number in self._places}
        due = {
            number: offset for number, offset in offsets.items() if offset > self._places[number].committed
        }
        if not due:
            return
        try:
            self._consumer.commit(
                offsets=[self._offset(number, offset) for number, offset in due.items()], asynchronous=False
            )
        except KafkaException as error:
            if error.args[0].code() in _LOST:
                log.info("partitions have gone to somebody else", topic=self._topic)
                return
            raise BrokerError(f"offsets were not committed: {error.args[0].str()}") from None
        for number, offset in due.items():
            self._places[number].committed = offset

    def lag(self) -> int:
        """Return how many records are known to wait unread."""
        waiting = 0
        for number, place in self._places.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), cached=True)
            waiting += max(0, end - place.position)
        return waiting

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _committable(self, number: int, held: dict[int, int]) -> int:
        place = self._places[number]
        return min(max(place.position, place.known), held.get(number, place.position))

    def _offset(self, number: int, offset: int) -> TopicPartition:
        metadata = orjson.dumps({"since": self._places[number].since}).decode()
        return TopicPartition(self._topic, number, offset, metadata)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        timeout = self._kafka.request_timeout
        committed = consumer.committed(partitions, timeout=timeout)
        self._places = {found.partition: self._place(consumer, found, timeout) for found in committed}
        consumer.assign(
            [TopicPartition(self._topic, number, place.since) for number, place in self._places.items()]
        )
        self.joined = True
        log.info("partitions assigned", partitions=sorted(self._places))
        self._on_change(sorted(self._places))

    def _place(self, consumer: Consumer, found: TopicPartition, timeout: float) -> Place:
        low, high = consumer.get_watermark_offsets(found, timeout=timeout)
        if found.offset < 0 or found.offset > high:  # a first start, or the topic was made anew
            begin = low if self._earliest or found.offset > high else high
            return Place(begin, begin, -1, begin)
        if found.offset < low:
            log.warning("alerts were deleted before they were told", records=low - found.offset)
        since = max(low, _since(found.metadata))
        return Place(since, found.offset, found.offset, since)

    def _revoked(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._places = {}
        self.joined = False
        self._on_change(())

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self._lost_at is None:  # noqa: SLF001
            self._lost_at = time.monotonic()

    def _require_broker(self) -> None:
        if self._lost_at is None:
            return
        try:
            self._consumer.list_topics(self._topic, timeout=PROBE_SECONDS)
        except KafkaException:
            if time.monotonic() - self._lost_at < self._kafka.request_timeout:
                return
            raise BrokerError(
                f"the broker at {self._kafka.bootstrap_servers} is gone; start it, and start again"
            ) from None
        self._lost_at = None

    def _failure(self, error: KafkaError) -> TopicError | BrokerError:
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return TopicError(f"may not read {self._topic}: {grant(self._kafka, 'Read', topic=self._topic)}")
        if error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
            group = self._group
            return TopicError(
                f"may not use consumer group {group!r}: {grant(self._kafka, 'Read', group=group)}"
            )
        return BrokerError(f"{self._topic} cannot be read: {error.str()}; see `distillwatch doctor`")


def _since(metadata: str | None) -> int:
    """Read where the group began; from the topic's beginning where a commit by hand does not say."""
    try:
        return int(orjson.loads(metadata or "")["since"])
    except (ValueError, KeyError, TypeError):
        return 0
