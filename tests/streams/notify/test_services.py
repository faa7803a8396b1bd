"""Services through apprise: a webhook, Slack's own, and e-mail by a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller  # type: ignore[import-untyped]
from apprise.plugins.slack import NotifySlack

from models.errors import SettingsError
from models.finding import Activity
from streams.notify.episodes import News
from streams.notify.message import message_on
from streams.notify.services import Service
from streams.notify.sink import SinkError
from tests.streams.notify.findings import view
from tests.streams.notify.stand_in import StandIn, serving

OPENED = message_on(view(tenant="Über <b>&co"), News.OPENED)
CLOSED = message_on(view(activity=Activity.CLOSE), News.RESOLVED)


class Inbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Inbox, int]]:
    """An SMTP server on loopback."""
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def test_a_webhook_gets_title_body_and_kind(stand_in: StandIn) -> None:
    service = Service(f"json://127.0.0.1:{stand_in.port}/hook", 1, 5.0)
    service.send(OPENED)
    service.send(CLOSED)
    first, second = (request.json for request in stand_in.requests)
    assert stand_in.requests[0].path == "/hook"
    assert (first["title"], first["message"], first["type"]) == (OPENED.title, OPENED.body, "failure")
    assert (second["title"], second["type"]) == (CLOSED.title, "success")
    assert service.kind == "json"


def test_slack_gets_the_text_with_nothing_that_it_takes_for_markup(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifySlack, "webhook_url", f"{stand_in.url}/services")
    service = Service("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#alerts", 1, 5.0)
    service.send(OPENED)
    (request,) = stand_in.requests
    assert request.path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert "novelty 9.5 against 3.25" in str(request.json)
    assert "<b>" not in str(request.json)
    assert service.kind == "slack"


def test_an_email_arrives_with_subject_and_text(mailbox: tuple[Inbox, int]) -> None:
    inbox, port = mailbox
    service = Service(f"mailto://127.0.0.1:{port}?from=watch@example.com&to=oncall@example.com", 1, 5.0)
    service.send(OPENED)
    (mail,) = inbox.mails
    assert str(make_header(decode_header(str(mail["Subject"])))) == OPENED.title
    assert "oncall@example.com" in str(mail["To"])
    texts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_maintype() == "text"]
    assert any(isinstance(text, bytes) and b"Episode: " in text for text in texts)
    assert service.kind == "email"


def test_a_service_that_refuses_is_told_so_to_the_courier(stand_in: StandIn) -> None:
    stand_in.statuses = [500]
    with pytest.raises(SinkError) as caught:
        Service(f"json://user:hunter2@127.0.0.1:{stand_in.port}/", 1, 5.0).send(OPENED)
    assert str(caught.value) == "the service did not take it"
    assert caught.value.again


def test_a_message_goes_to_no_address_that_a_service_redirects_to(stand_in: StandIn) -> None:
    with serving() as elsewhere:
        stand_in.statuses, stand_in.headers = [307], {"Location": f"{elsewhere.url}/"}
        with pytest.raises(SinkError):
            Service(f"json://127.0.0.1:{stand_in.port}/", 1, 5.0).send(OPENED)
    assert elsewhere.requests == []


def test_a_service_that_is_away_is_told_so_to_the_courier(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SinkError):
        Service("json://user:hunter2@127.0.0.1:1/", 1, 1.0).send(OPENED)
    captured = capfd.readouterr()
    assert not captured.out
    assert not captured.err


@pytest.mark.parametrize(
    ("url", "schema"),
    [("nonsense://hunter2", "nonsense"), ("hunter2", "no scheme"), ("slack://hunter2", "slack")],
)
def test_an_address_that_apprise_does_not_understand_is_refused_without_being_repeated(
    url: str, schema: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Service(url, 2, 5.0)
    assert f"notify.urls: apprise does not understand address 2 ({schema})" in str(caught.value)
    assert "hunter2" not in str(caught.value)
