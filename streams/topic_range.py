"""A range of a topic by time as lines of a backtest, read without a consumer group.

Each partition is read in the order of its offsets, as a worker reads it. Between partitions the record with
the older timestamp comes first, then the lower partition: the same range is always read in the same order.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop, heapreplace

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from models.errors import BrokerError, SettingsError
from streams.event_files import Line
from streams.librdkafka import librdkafka_options, partitions_of
from streams.settings_kafka import KafkaSettings
from streams.topic_reader import require_readable

MOST_WAITING = 2_000
"""Records of one partition that wait for older ones of another; beyond, it is not fetched further."""
MOST_WAITING_BYTES = 32 * 1024 * 1024
"""Of their values; likewise."""

_AT_ONCE = 50
_WAIT_SECONDS = 0.5
_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one partition that are read: offsets from `begin` on and below `end`."""

    partition: int
    begin: int
    end: int


def parse_time(text: str, now: int) -> int:
    """Return Unix milliseconds of a time as a person gives it.

    Parameters
    ----------
    text
        RFC 3339, a date (midnight in UTC), Unix milliseconds, or how long ago, such as `36h` or `7d`.
    now
        Unix milliseconds.

    Raises
    ------
    SettingsError
        It is none of these.
    """
    ago = re.fullmatch(r"(\d+)([mhd])", text)
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    if re.fullmatch(r"\d{12,}", text):
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        forms = "such as 2026-11-01, 2026-11-01T06:00:00Z, or 36h or 7d ago"
        raise SettingsError(f"'{text}' is no time: give one {forms}") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


class TopicRange:
    """Reads what was written to a topic between two times.

    Parameters
    ----------
    parts
        What to read; see `find_parts`.
    max_record_bytes
        Of a longer record only the beginning is kept, and it is marked.

    Raises
    ------
    BrokerError
        While it is read: no broker answers any more.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        parts: Sequence[Part],
        max_record_bytes: int,
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        self._parts = {part.partition: part for part in parts if part.begin < part.end}
        self._limit = max_record_bytes
        self._waiting: dict[int, deque[Line]] = {number: deque() for number in self._parts}
        self._bytes = dict.fromkeys(self._parts, 0)
        self._unread = set(self._parts)
        self._paused: set[int] = set()
        self._lost = False

    def lines(self) -> Iterator[Line]:
        """Yield the records, each as a line."""
        with closing(_consumer(self._kafka, self._on_error)) as consumer:
            consumer.assign(
                [TopicPartition(self._topic, part.partition, part.begin) for part in self._parts.values()]
            )
            yield from self._merged(consumer)

    def _merged(self, consumer: Consumer) -> Iterator[Line]:
        heads = [head for number in self._parts if (head := self._head(consumer, number)) is not None]
        heapify(heads)
        while heads:
            number = heads[0][1]
            line = self._waiting[number].popleft()
            self._bytes[number] -= len(line.value)
            yield line
            head = self._head(consumer, number)
            if head is None:
                heappop(heads)
            else:
                heapreplace(heads, head)

    def _head(self, consumer: Consumer, number: int) -> tuple[int, int] | None:
        """Return what the next record of a partition is sorted by; nothing when all are read."""
        waiting = self._waiting[number]
        if not waiting and number in self._paused:
            consumer.resume([TopicPartition(self._topic, number)])
            self._paused.discard(number)
        while not waiting and number in self._unread:
            self._fetch(consumer)
        return (waiting[0].timestamp, number) if waiting else None

    def _fetch(self, consumer: Consumer) -> None:
        for message in consumer.consume(_AT_ONCE, _WAIT_SECONDS):
            error = message.error()
            if error is not None:
                require_readable(error, self._kafka, self._topic)
            else:
                self._take(consumer, message)
        if self._lost:
            servers = self._kafka.bootstrap_servers
            raise BrokerError(f"the broker at {servers} is gone; start it and go on with --resume")
        positions = consumer.position([TopicPartition(self._topic, number) for number in self._unread])
        for position in positions:  # what a transaction took back, or markers, may stand last
            if position.offset >= self._parts[position.partition].end:
                self._unread.discard(position.partition)

    def _on_error(self, error: KafkaError) -> None:
        self._lost = self._lost or error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001 - public name

    def _take(self, consumer: Consumer, message: Message) -> None:
        number, offset = message.partition() or 0, message.offset() or 0
        if number not in self._parts or offset >= self._parts[number].end:
            self._unread.discard(number)
            return
        whole = bytes(message.value() or b"")
        value = whole[: self._limit]
        timestamp = max(0, message.timestamp()[1])
        headers = _headers(message)
        self._waiting[number].append(
            Line(self._topic, offset, value, len(value) == len(whole), number, timestamp, headers)
        )
        self._bytes[number] += len(value)
        if self._is_full(number) and number not in self._paused:
            consumer.pause([TopicPartition(self._topic, number)])
            self._paused.add(number)

    def _is_full(self, number: int) -> bool:
        return len(self._waiting[number]) >= MOST_WAITING or self._bytes[number] >= MOST_WAITING_BYTES


def find_parts(kafka: KafkaSettings, topic: str, since: int, until: int) -> list[Part]:
    """Return the offsets of what was written in a time: from `since` on and before `until`, in Unix ms.

    Raises
    ------
    BrokerError
        No broker answers.
    TopicError
        The topic does not exist, or we may not read it.
    """
    numbers = partitions_of(kafka, topic)
    with closing(_consumer(kafka)) as consumer:
        try:
            begins = _offsets(consumer, kafka, topic, numbers, since)
            ends = _offsets(consumer, kafka, topic, numbers, until)
        except KafkaException as error:
            detail = f"the offsets of {topic} cannot be looked up ({error.args[0].str()})"
            raise BrokerError(f"{detail}; see `distillwatch doctor`") from None
    return [Part(number, begins[number], ends[number]) for number in numbers]


def _offsets(
    consumer: Consumer, kafka: KafkaSettings, topic: str, numbers: Sequence[int], time: int
) -> Mapping[int, int]:
    """Return for each partition the first offset of a time or later; its end where there is none."""
    asked = [TopicPartition(topic, number, time) for number in numbers]
    found = {one.partition: one.offset for one in consumer.offsets_for_times(asked, kafka.request_timeout)}
    for number, offset in found.items():
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), kafka.request_timeout)
        found[number] = max(low, offset) if offset >= 0 else high
    return found


def _headers(message: Message) -> tuple[tuple[str, bytes], ...]:
    given = message.headers() or []
    pairs = given.items() if isinstance(given, dict) else given
    return tuple((name, said.encode() if isinstance(said, str) else said or b"") for name, said in pairs)


def _consumer(
    kafka: KafkaSettings, on_error: Callable[[KafkaError], object] = lambda _error: None
) -> Consumer:
    return Consumer(
        librdkafka_options(kafka)
        | {
            "group.id": "distillwatch-backtest",  # librdkafka asks for one; it is never joined
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "error_cb": on_error,
        }
    )
