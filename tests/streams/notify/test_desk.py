"""From records to messages: who is told what, once, and what is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from models.finding import Activity, Severity
from streams.notify.courier import Courier
from streams.notify.desk import Desk
from streams.notify.episodes import News
from streams.notify.message import Message
from streams.notify.metrics import NotifyMetrics
from streams.notify.sink import SinkError, System
from streams.settings_notify import NotifySettings
from tests.streams.notify.findings import episode, value

CREATE, UPDATE, CLOSE = Activity


@dataclass
class StubRecord:
    """What a desk asks of a record of librdkafka's."""

    written: bytes | None
    number: int = 0
    part: int = 0

    def value(self) -> bytes | None:
        return self.written

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.number


class StubPeople:
    """A service that people read."""

    kind = "people"

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.broken = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise SinkError("HTTP 404", again=False)
        self.heard.append(message)


class StubSystem(System):
    """A service that keeps alerts."""

    kind = "system"

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.restored: list[Message] = []
        self.forgotten: list[str] = []

    def send(self, message: Message) -> None:
        self.heard.append(message)

    def restore(self, message: Message) -> None:
        self.restored.append(message)

    def forget(self, uids: Any) -> None:
        self.forgotten += uids


class Room:
    """A desk with one service of each sort."""

    def __init__(self, **settings: Any) -> None:
        self.people, self.system = StubPeople(), StubSystem()
        self.aside: list[tuple[int, str, str]] = []
        self.metrics = NotifyMetrics()
        self.desk = Desk(
            NotifySettings.model_validate({"summary_seconds": 1e-9, **settings}),
            [self.people, self.system],
            Courier([], lambda _: False, self.metrics),
            lambda record, reason, detail: self.aside.append((record.offset() or 0, reason, detail)),
            self.metrics,
        )
        self.desk.own([0, 1])

    def take(self, *values: bytes | None, told: bool = False, partition: int = 0) -> list[bool]:
        """Take in records and tell of each whether anything was sent."""
        records: list[Any] = [StubRecord(written, number, partition) for number, written in enumerate(values)]
        return [self.desk.take(record, told=told) for record in records]

    def news(self) -> tuple[list[News], list[News]]:
        """What people and the system heard."""
        return [one.news for one in self.people.heard], [one.news for one in self.system.heard]


def test_people_hear_of_an_episode_twice_and_systems_of_each_change() -> None:
    room = Room()
    assert room.take(*episode("a")) == [True, True, True]
    assert room.news() == ([News.OPENED, News.RESOLVED], [News.OPENED, News.CHANGED, News.RESOLVED])


def test_people_hear_of_no_close_if_they_do_not_want_to() -> None:
    room = Room(resolved=False)
    room.take(*episode("a"))
    assert room.news() == ([News.OPENED], [News.OPENED, News.CHANGED, News.RESOLVED])


def test_what_is_not_grave_enough_is_not_told() -> None:
    room = Room(least_severity="critical")
    assert room.take(*episode("a")) == [False] * 3
    assert room.news() == ([], [])


def test_what_was_told_before_is_remembered_and_told_to_nobody() -> None:
    room = Room()
    opened, graver, closed = episode("a")
    assert room.take(opened, graver, told=True) == [False, False]
    assert room.news() == ([], [])
    assert [one.news for one in room.system.restored] == [News.OPENED, News.CHANGED]
    assert room.take(opened, graver, closed) == [False, False, True]
    assert room.news() == ([News.RESOLVED], [News.RESOLVED])


def test_a_record_that_is_no_finding_is_set_aside_and_the_next_is_told() -> None:
    room = Room()
    assert room.take(b"{", None, value()) == [False, False, True]
    detail = "the record is not a Detection Finding of distillwatch"
    assert room.aside == [(0, "not_a_finding", detail), (1, "not_a_finding", detail)]


def test_a_record_that_was_set_aside_before_is_not_set_aside_again() -> None:
    room = Room()
    room.take(b"{", told=True)
    assert room.aside == []


def test_what_a_service_does_not_take_is_set_aside_and_the_others_are_told() -> None:
    room = Room()
    room.people.broken = True
    room.take(value())
    assert room.aside == [(0, "not_delivered", "people: HTTP 404")]
    assert room.news() == ([], [News.OPENED])
    room.people.broken = False
    room.take(value(activity=CLOSE))
    assert room.news() == ([News.RESOLVED], [News.OPENED, News.RESOLVED])


def many(count: int) -> list[bytes]:
    """So many alerts of as many tenants."""
    return [value(uid=f"uid-{number}", tenant=f"tenant-{number}") for number in range(count)]


def test_a_storm_becomes_one_summary_for_people_and_systems_hear_of_each() -> None:
    room = Room(most_per_minute=3)
    room.take(*many(50))
    assert (len(room.people.heard), len(room.system.heard)) == (3, 50)
    assert room.desk.held == {0: 3}
    assert room.desk.settle()
    assert len(room.people.heard) == 4
    assert room.people.heard[-1].title == "47 alerts at once: 47 opened (47 high)"
    assert (room.desk.held, room.desk.settle()) == ({}, False)


def test_one_message_that_was_held_is_sent_as_it_is() -> None:
    room = Room(most_per_minute=1)
    room.take(*many(2))
    room.desk.settle()
    assert "tenant-1" in room.people.heard[-1].title


def test_a_summary_that_is_not_taken_sets_every_record_of_it_aside() -> None:
    room = Room(most_per_minute=1)
    room.take(*many(4))
    room.people.broken = True
    room.desk.settle()
    assert [place for place, _, _ in room.aside] == [1, 2, 3]


def test_the_oldest_of_each_partition_that_is_held_is_known() -> None:
    room = Room(most_per_minute=1)
    room.take(*many(2))
    room.take(*many(1), partition=1)
    assert room.desk.held == {0: 1, 1: 0}


def test_partitions_that_leave_take_what_is_known_of_them_along() -> None:
    room = Room(most_per_minute=1)
    room.take(*many(3))
    assert (room.desk.open_alerts, room.desk.holds) == (3, 2)
    room.desk.own([1])
    assert (room.desk.open_alerts, room.desk.holds) == (0, 0)
    assert room.system.forgotten == ["uid-0", "uid-1", "uid-2"]


@pytest.mark.parametrize("mark", ["suppressed", "experimental", "replay"])
def test_what_is_marked_pages_nobody(mark: str) -> None:
    room = Room()
    room.take(*(value(mark, activity=activity, time=1_772_582_400_000 + activity) for activity in Activity))
    assert room.news() == ([], [])


def test_findings_are_counted_by_what_they_were() -> None:
    room = Room()
    room.take(*episode("a"), value("suppressed", uid="b", severity=Severity.LOW))
    counts = {
        news: room.metrics.registry.get_sample_value("distillwatch_notify_findings_total", {"news": news})
        for news in ("opened", "changed", "resolved", "none")
    }
    assert counts == {"opened": 1, "changed": 1, "resolved": 1, "none": 1}
