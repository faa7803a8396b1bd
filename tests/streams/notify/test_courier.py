"""Retries, and what becomes of what nobody takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streams.notify.courier import Courier, Failure, StoppedError
from streams.notify.episodes import News
from streams.notify.message import Message, message_on
from streams.notify.metrics import NotifyMetrics
from streams.notify.sink import SinkError
from tests.streams.notify.findings import view

MESSAGE = message_on(view(), News.OPENED)
DELAYS = [1.0, 2.0, 4.0]


class StubSink:
    """Fails as often as told."""

    def __init__(self, kind: str = "stub", failures: int = 0, error: SinkError | None = None) -> None:
        self.kind = kind
        self.failures = failures
        self.error = error or SinkError("HTTP 503")
        self.taken: list[Message] = []
        self.attempts = 0

    def send(self, message: Message) -> None:
        self.attempts += 1
        if self.failures:
            self.failures -= 1
            raise self.error
        self.taken.append(message)


class Office:
    """A courier whose pauses are noted."""

    def __init__(self, stop: Callable[[], bool] = lambda: False) -> None:
        self.pauses: list[float] = []
        self.metrics = NotifyMetrics()
        self._stop = stop
        self.courier = Courier(DELAYS, self._pause, self.metrics)

    def _pause(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self._stop()

    def count(self, name: str, sink: str = "stub") -> float | None:
        return self.metrics.registry.get_sample_value(f"distillwatch_notify_{name}_total", {"sink": sink})


def test_a_message_that_is_taken_at_once_waits_for_nothing() -> None:
    office, sink = Office(), StubSink()
    assert office.courier.deliver(MESSAGE, [sink]) == []
    assert (sink.taken, office.pauses) == ([MESSAGE], [])
    assert office.count("sent") == 1


def test_pauses_double_with_a_jitter_until_it_is_taken() -> None:
    office, sink = Office(), StubSink(failures=3)
    assert office.courier.deliver(MESSAGE, [sink]) == []
    assert len(sink.taken) == 1
    assert all(delay / 2 <= pause <= delay for pause, delay in zip(office.pauses, DELAYS, strict=True))
    assert office.count("missed_attempts") == 3


def test_after_the_last_retry_it_is_given_up() -> None:
    office, sink = Office(), StubSink(failures=9)
    assert office.courier.deliver(MESSAGE, [sink]) == [Failure("stub", "HTTP 503")]
    assert (sink.attempts, office.count("failed")) == (4, 1)


def test_what_will_never_be_taken_is_not_sent_again() -> None:
    office, sink = Office(), StubSink(failures=9, error=SinkError("HTTP 404", again=False))
    assert office.courier.deliver(MESSAGE, [sink]) == [Failure("stub", "HTTP 404")]
    assert (sink.attempts, office.pauses) == (1, [])


def test_only_those_that_missed_it_are_tried_again() -> None:
    office, quick, slow = Office(), StubSink("quick"), StubSink("slow", failures=2)
    assert office.courier.deliver(MESSAGE, [quick, slow]) == []
    assert (quick.attempts, slow.attempts) == (1, 3)


def test_a_service_that_asks_for_time_gets_it() -> None:
    office, sink = Office(), StubSink(failures=1, error=SinkError("HTTP 429", after=30.0))
    office.courier.deliver(MESSAGE, [sink])
    assert office.pauses == [30.0]


def test_a_service_that_was_given_up_is_tried_once_until_it_is_back() -> None:
    office, sink = Office(), StubSink(failures=5)
    office.courier.deliver(MESSAGE, [sink])
    assert len(office.courier.deliver(MESSAGE, [sink])) == 1
    assert sink.attempts == 5
    assert office.courier.deliver(MESSAGE, [sink]) == []
    sink.failures = 2
    assert office.courier.deliver(MESSAGE, [sink]) == []


def test_a_stop_between_two_attempts_is_no_delivery() -> None:
    office, sink = Office(stop=lambda: True), StubSink(failures=1)
    with pytest.raises(StoppedError):
        office.courier.deliver(MESSAGE, [sink])
    assert not sink.taken
