"""PagerDuty by its Events API v2."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from models.finding import Activity, Severity
from streams.notify.episodes import News
from streams.notify.message import message_on
from streams.notify.pagerduty import PagerDuty
from streams.notify.sink import SinkError
from tests.streams.notify.findings import campaign_view, view
from tests.streams.notify.stand_in import StandIn

KEY = "R0UT1NGKEY"


@pytest.fixture
def pager(stand_in: StandIn) -> PagerDuty:
    """PagerDuty at the stand-in."""
    return PagerDuty(f"{stand_in.url}/v2/enqueue", SecretStr(KEY), 5.0, "https://wiki.example/dw")


def test_an_alert_triggers_an_incident_by_the_uid_of_its_episode(pager: PagerDuty, stand_in: StandIn) -> None:
    pager.send(message_on(view(), News.OPENED))
    (request,) = stand_in.requests
    event = request.json
    assert request.path == "/v2/enqueue"
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == (KEY, "trigger", view().uid)
    payload = event["payload"]
    assert payload["summary"] == "HIGH: Requests look like an extraction of the model: tenant acme"
    assert (payload["source"], payload["severity"]) == ("acme", "error")
    assert (payload["component"], payload["group"]) == ("distillwatch-extraction", "acme")
    assert payload["timestamp"] == "2026-03-04T00:00:00.500Z"
    assert payload["custom_details"]["signals"][0] == "novelty 9.5 against 3.25 nats of surprise"
    assert event["links"] == [
        {"href": "https://wiki.example/dw/operations.md#an-alert-opened", "text": "Runbook"}
    ]


def test_a_change_triggers_by_the_same_uid_and_a_close_resolves(pager: PagerDuty, stand_in: StandIn) -> None:
    pager.send(message_on(view(severity=Severity.CRITICAL, activity=Activity.UPDATE), News.CHANGED))
    pager.send(message_on(view(activity=Activity.CLOSE), News.RESOLVED))
    change, close = (request.json for request in stand_in.requests)
    assert (change["event_action"], change["payload"]["severity"]) == ("trigger", "critical")
    assert close == {"routing_key": KEY, "dedup_key": view().uid, "event_action": "resolve"}


def test_a_campaign_is_its_own_source_and_group(pager: PagerDuty, stand_in: StandIn) -> None:
    pager.send(message_on(campaign_view(), News.OPENED))
    payload = stand_in.requests[0].json["payload"]
    assert payload["source"] == payload["group"] == campaign_view().uid


def test_a_sample_is_a_trigger_that_says_what_it_is(pager: PagerDuty, stand_in: StandIn) -> None:
    pager.send(message_on(view("sample"), News.OPENED))
    payload = stand_in.requests[0].json["payload"]
    assert payload["summary"].startswith("[SAMPLE] ")
    assert payload["severity"] == "info"


def test_a_summary_fits_what_is_taken(pager: PagerDuty, stand_in: StandIn) -> None:
    pager.send(replace(message_on(view(), News.OPENED), title="x" * 5_000))
    assert len(stand_in.requests[0].json["payload"]["summary"]) == 1_024


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (403, False), (302, False), (408, True), (429, True), (500, True)]
)
def test_a_status_says_whether_to_try_again(
    pager: PagerDuty,
    stand_in: StandIn,
    status: int,
    again: bool,  # noqa: FBT001 - an example's value
) -> None:
    stand_in.statuses, stand_in.headers = [status], {"Retry-After": "7", "Location": "http://127.0.0.1:1/"}
    with pytest.raises(SinkError) as caught:
        pager.send(message_on(view(), News.OPENED))
    assert str(caught.value) == f"HTTP {status}"
    assert (caught.value.again, caught.value.after) == (again, 7.0)
    assert len(stand_in.requests) == 1


def test_an_error_names_neither_address_nor_key() -> None:
    pager = PagerDuty("http://127.0.0.1:1/secret-path", SecretStr(KEY), 1.0)
    with pytest.raises(SinkError) as caught:
        pager.send(message_on(view(), News.OPENED))
    assert str(caught.value) == "no answer (ConnectionError)"
