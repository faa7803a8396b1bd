"""One message an episode, through crashes, restarts and services that are away."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.kafka.notify.conftest import Desk, titles, uids
from tests.streams.notify.findings import episode, value

if TYPE_CHECKING:
    from tests.streams.notify.stand_in import Request, StandIn


def test_an_episode_is_told_when_it_opens_and_when_it_closes(desk: Desk, service: StandIn) -> None:
    desk.publish(*episode("a"))
    process = desk.start()
    desk.wait_until(lambda: len(service.requests) == 2 and desk.is_done())
    assert desk.end(process) == 0
    opened, closed = titles(service)
    assert opened == "MEDIUM: Requests look like an extraction of the model: tenant acme"
    assert closed == "RESOLVED: Requests look like an extraction of the model: tenant acme"
    assert uids(service.requests) == ["a", "a"]


def test_after_a_restart_nothing_is_told_twice_and_open_alerts_are_resolved(
    desk: Desk, service: StandIn
) -> None:
    opened, graver, closed = episode("a")
    desk.publish(opened)
    process = desk.start()
    desk.wait_until(lambda: len(service.requests) == 1 and desk.is_done())
    assert desk.end(process) == 0
    desk.publish(opened, graver, closed, value(uid="b", tenant="other"))
    desk.start()
    desk.wait_until(lambda: len(service.requests) == 3 and desk.is_done())
    assert sorted(titles(service)[1:]) == [
        "HIGH: Requests look like an extraction of the model: tenant other",
        "RESOLVED: Requests look like an extraction of the model: tenant acme",
    ]


def test_a_kill_between_delivery_and_commit_tells_again_and_loses_nothing(
    desk: Desk, service: StandIn
) -> None:
    process = desk.start()

    def kill(_: Request) -> None:
        service.on_request = lambda _: None
        process.kill()
        process.wait()

    service.on_request = kill
    desk.publish(value(uid="a"), value(uid="b"), value(uid="c"))
    desk.wait_until(lambda: process.poll() is not None)
    assert uids(service.requests) == ["a"]
    desk.start()
    desk.wait_until(lambda: len(service.requests) == 4 and desk.is_done())
    assert uids(service.requests) == ["a", "a", "b", "c"]


def test_a_stop_while_a_service_is_away_ends_at_once_and_the_message_comes_later(
    desk: Desk, service: StandIn
) -> None:
    service.statuses = [503] * 50
    process = desk.start(retry_seconds=30.0)
    desk.publish(value(uid="a"))
    desk.wait_until(lambda: len(service.requests) == 1)
    assert desk.end(process) == 0
    service.statuses = []
    desk.start()
    desk.wait_until(lambda: len(service.requests) == 2 and desk.is_done())
    assert uids(service.requests) == ["a", "a"]
    assert desk.letters() == []


def test_what_a_service_does_not_take_becomes_a_dead_letter_and_the_next_is_told(
    desk: Desk, service: StandIn
) -> None:
    service.statuses = [500] * 3
    desk.publish(value(uid="a"), b'{"prompt": "of somebody"}', value(uid="b", tenant="other"), key=b"one")
    desk.start(retries=2)
    desk.wait_until(lambda: len(service.requests) == 4 and desk.is_done())
    assert uids(service.requests) == ["a", "a", "a", "b"]
    undelivered, strange = desk.letters()
    headers = dict(undelivered.headers() or [])
    assert (undelivered.key(), undelivered.value()) == (b"one", value(uid="a"))
    assert headers["reason"] == b"not_delivered"
    assert headers["detail"] == b"json: the service did not take it"
    assert headers["stage"] == b"notify"
    assert headers["source_topic"] == desk.settings.topics.alerts.encode()
    assert headers["source_offset"] == b"0"
    assert dict(strange.headers() or [])["reason"] == b"not_a_finding"
    assert str(service.port) not in desk.said()


def test_a_storm_is_told_in_one_summary(desk: Desk, service: StandIn) -> None:
    desk.publish(*(value(uid=f"u{number}", tenant=f"t{number}") for number in range(30)))
    desk.start(most_per_minute=2, summary_seconds=0.5)
    desk.wait_until(lambda: len(service.requests) == 3 and desk.is_done())
    assert titles(service)[2] == "28 alerts at once: 28 opened (28 high)"


def test_a_first_start_tells_of_what_is_to_come_and_loses_nothing_from_then_on(
    desk: Desk, service: StandIn
) -> None:
    opened, graver, _ = episode("before")
    desk.publish(opened)
    process = desk.start(start="latest")
    desk.wait_for_partitions()
    desk.wait_until(desk.is_done)
    assert desk.end(process, signal.SIGKILL) != 0
    desk.publish(value(uid="while-away", tenant="other"))
    desk.start(start="latest")
    desk.wait_until(lambda: len(service.requests) == 1 and desk.is_done())
    desk.publish(graver)
    desk.wait_until(lambda: len(service.requests) == 2 and desk.is_done())
    assert uids(service.requests) == ["while-away", "before"]


def test_two_processes_share_the_partitions_and_tell_each_alert_once(desk: Desk, service: StandIn) -> None:
    desk.start()
    desk.start()
    desk.wait_for_partitions(3)
    desk.publish(*(value(uid=f"u{number}", tenant=f"t{number}") for number in range(12)))
    desk.wait_until(lambda: len(service.requests) >= 12 and desk.is_done())
    assert sorted(set(uids(service.requests))) == sorted(f"u{number}" for number in range(12))
    assert len(service.requests) == 12
