"""Alertmanager by its v2 API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from models.finding import Activity, Severity
from streams.notify.alertmanager import RESOLVED_SECONDS, Alertmanager
from streams.notify.episodes import News
from streams.notify.message import Message, message_on
from streams.notify.sink import SinkError
from tests.streams.notify.findings import campaign_view, view
from tests.streams.notify.stand_in import StandIn

NOW = 1_800_000_000.0
OPENED = message_on(view(), News.OPENED)
CLOSED = message_on(view(activity=Activity.CLOSE), News.RESOLVED)


def changed(severity: Severity) -> Message:
    """A change of the same episode to another severity."""
    return message_on(view(activity=Activity.UPDATE, severity=severity), News.CHANGED)


class Clock:
    """Unix seconds, moved by hand."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The wall clock."""
    return Clock()


@pytest.fixture
def manager(stand_in: StandIn, clock: Clock) -> Alertmanager:
    """Alertmanager at the stand-in."""
    return Alertmanager(f"{stand_in.url}/", 5.0, token=SecretStr("s3cret"), seconds=60.0, clock=clock)


@pytest.fixture
def told(stand_in: StandIn) -> Callable[[], list[Any]]:
    """Return a function that returns what was posted since it was called last."""

    def take() -> list[Any]:
        posted = [alert for request in stand_in.requests for alert in request.json]
        stand_in.requests.clear()
        return posted

    return take


def test_an_alert_fires_with_the_labels_that_name_it(manager: Alertmanager, stand_in: StandIn) -> None:
    manager.send(OPENED)
    (request,) = stand_in.requests
    assert request.path == "/api/v2/alerts"
    assert request.headers["Authorization"] == "Bearer s3cret"
    (alert,) = request.json
    assert alert["labels"] == {
        "alertname": "ModelExtraction",
        "tenant": "acme",
        "severity": "high",
        "detector": "distillwatch-extraction",
    }
    assert set(alert["annotations"]) == {"summary", "description", "response", "episode", "runbook_url"}
    assert alert["startsAt"] == "2026-03-03T23:00:00.000Z"
    assert "endsAt" not in alert


def test_a_campaign_is_named_by_its_uid(manager: Alertmanager, told: Callable[[], list[Any]]) -> None:
    manager.send(message_on(campaign_view(), News.OPENED))
    (alert,) = told()
    assert alert["labels"] == {
        "alertname": "ModelExtractionCampaign",
        "campaign": campaign_view().uid,
        "severity": "high",
        "detector": "distillwatch-campaigns",
    }


def test_an_open_alert_is_sent_again_at_intervals(
    manager: Alertmanager, clock: Clock, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    manager.tick()
    first = told()
    clock.now += 59.0
    manager.tick()
    assert told() == []
    clock.now += 1.0
    manager.tick()
    assert told() == first[:1]


def test_a_resolved_alert_is_sent_for_five_minutes_with_the_same_end(
    manager: Alertmanager, clock: Clock, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    told()
    manager.send(CLOSED)
    (alert,) = told()
    assert alert["labels"]["severity"] == "high"
    assert alert["endsAt"] == "2027-01-15T08:00:00.000Z"
    for seconds, expected in ((60.0, [alert]), (RESOLVED_SECONDS, [])):
        clock.now += seconds
        manager.tick()
        assert told() == expected


def test_another_severity_ends_the_alert_and_fires_it_under_its_new_name(
    manager: Alertmanager, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    told()
    manager.send(changed(Severity.CRITICAL))
    new, old = told()
    assert (new["labels"]["severity"], "endsAt" in new) == ("critical", False)
    assert (old["labels"]["severity"], "endsAt" in old) == ("high", True)


def test_what_fires_again_is_no_longer_sent_as_resolved(
    manager: Alertmanager, told: Callable[[], list[Any]]
) -> None:
    for message in (OPENED, changed(Severity.CRITICAL), changed(Severity.HIGH)):
        manager.send(message)
    told()
    manager.tick()
    assert {alert["labels"]["severity"]: "endsAt" in alert for alert in told()} == {
        "high": False,
        "critical": True,
    }


def test_a_message_that_is_sent_twice_says_the_same(
    manager: Alertmanager, stand_in: StandIn, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    told()
    for message in (changed(Severity.CRITICAL), CLOSED):
        stand_in.statuses = [503]
        with pytest.raises(SinkError):
            manager.send(message)
        first = told()
        manager.send(message)
        assert told() == first


def test_after_a_restart_what_is_open_is_sent_and_what_has_closed_is_not(
    manager: Alertmanager, told: Callable[[], list[Any]]
) -> None:
    other = message_on(view(uid="other", tenant="other"), News.OPENED)
    for message in (OPENED, other, CLOSED):
        manager.restore(message)
    manager.tick()
    assert [alert["labels"]["tenant"] for alert in told()] == ["other"]


def test_a_sample_is_told_once_since_nobody_closes_it(
    manager: Alertmanager, told: Callable[[], list[Any]]
) -> None:
    sample = message_on(view("sample"), News.OPENED)
    manager.send(sample)
    assert len(told()) == 1
    manager.restore(sample)
    manager.tick()
    assert told() == []


def test_what_somebody_else_looks_after_is_not_sent_any_more(
    manager: Alertmanager, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    manager.forget([OPENED.uid])
    told()
    manager.tick()
    assert told() == []


def test_an_event_time_ahead_of_the_clock_does_not_start_after_now(
    manager: Alertmanager, clock: Clock, told: Callable[[], list[Any]]
) -> None:
    clock.now = 1_700_000_000.0
    manager.send(OPENED)
    assert told()[0]["startsAt"] == "2023-11-14T22:13:20.000Z"


def test_an_alertmanager_that_is_away_is_told_at_the_next_turn(
    manager: Alertmanager, stand_in: StandIn, clock: Clock, told: Callable[[], list[Any]]
) -> None:
    manager.send(OPENED)
    stand_in.statuses = [503]
    manager.tick()
    told()
    clock.now += 60.0
    manager.tick()
    assert len(told()) == 1


def test_many_alerts_go_in_several_requests(manager: Alertmanager, stand_in: StandIn) -> None:
    for number in range(1_001):
        manager.restore(message_on(view(uid=str(number), tenant=f"t{number}"), News.OPENED))
    manager.tick()
    assert [len(request.json) for request in stand_in.requests] == [500, 500, 1]
