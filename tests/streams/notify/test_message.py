"""What people are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.finding import Activity, Severity
from streams.notify.episodes import News
from streams.notify.message import Message, harmless, message_on, runbook_link, summary_of
from tests.streams.notify.findings import campaign_view, view

CALLS = ["@room", "@Everyone", "@HERE", "@Channel", "@everyone_else", "`@all`"]


def opened(number: int, severity: Severity = Severity.HIGH) -> Message:
    """A message on a tenant of this number."""
    return message_on(view(uid=f"uid-{number}", tenant=f"tenant-{number}", severity=severity), News.OPENED)


def test_a_message_says_who_how_grave_why_and_what_to_do() -> None:
    message = message_on(view(), News.OPENED)
    assert message.title == "HIGH: Requests look like an extraction of the model: tenant acme"
    assert message.body.splitlines() == [
        "Tenant acme departs from its own past, most in novelty: 9.5 against 3.25 nats of surprise",
        "- novelty 9.5 against 3.25 nats of surprise",
        "- rate 120 against 15 requests an hour",
        "Do: throttle (the evidence is 2e+03 times the threshold of one false alert in 90 days)",
        "Since 2026-03-03 23:00:00Z, 57 requests; as of 2026-03-04 00:00:00Z",
        "Runbook: docs/operations.md#an-alert-opened",
        "Episode: 4f0c2a6e-1111-5222-8333-444444444444",
    ]
    assert (message.uid, message.severity, message.is_summary) == (view().uid, Severity.HIGH, False)


def test_a_message_on_a_close_says_so_and_asks_for_nothing() -> None:
    message = message_on(view(activity=Activity.CLOSE), News.RESOLVED)
    assert message.title.startswith("RESOLVED: ")
    assert "quiet" in message.body
    assert "Do: " not in message.body


def test_a_message_on_a_campaign_names_the_number_of_its_accounts() -> None:
    title = message_on(campaign_view(), News.OPENED).title
    assert title == "HIGH: Accounts harvest the model together: campaign of 60 accounts"


def test_a_sample_says_first_what_it_is() -> None:
    title = message_on(view("sample"), News.OPENED).title
    assert title == "[SAMPLE] HIGH: Requests look like an extraction of the model: tenant acme"


def test_the_runbook_link_is_complete_where_it_is_known_where_the_documents_are() -> None:
    link = runbook_link(view(), "https://wiki.example/distillwatch/")
    assert link == "https://wiki.example/distillwatch/operations.md#an-alert-opened"
    assert f"Runbook: {link}" in message_on(view(), News.OPENED, "https://wiki.example/distillwatch").body


def test_a_summary_counts_and_names_the_gravest_first() -> None:
    messages = [opened(number) for number in range(14)]
    messages += [opened(99, Severity.CRITICAL), message_on(view(activity=Activity.CLOSE), News.RESOLVED)]
    summary = summary_of(messages)
    assert summary.title == "16 alerts at once: 15 opened (1 critical, 14 high), 1 resolved"
    first, *_, last = summary.body.splitlines()
    assert "CRITICAL" in first
    assert "tenant-99" in first
    assert last == "and 5 more; see `distillwatch alerts`"
    assert (summary.severity, summary.is_summary) == (Severity.CRITICAL, True)


def test_a_summary_of_the_same_alerts_has_the_same_uid() -> None:
    messages = [opened(number) for number in range(3)]
    assert summary_of(messages).uid == summary_of(list(messages)).uid
    assert summary_of(messages).uid != summary_of(messages[:2]).uid


def test_a_summary_of_closes_alone_is_a_resolved_message() -> None:
    closed = message_on(view(activity=Activity.CLOSE), News.RESOLVED)
    summary = summary_of([closed, closed])
    assert (summary.title, summary.news) == ("2 alerts at once: 2 resolved", News.RESOLVED)


@pytest.mark.parametrize(
    "call",
    [
        "<!channel>",
        "@everyone",
        "@here",
        "<@U123>",
        "\x1b[31m",
        "a\nb",
        "\u202e",
        "[Runbook](https://evil.example)",
        *CALLS,
    ],
)
def test_a_name_calls_nobody_and_steers_nothing(call: str) -> None:
    for message in (message_on(view(tenant=call), News.OPENED), summary_of([opened(1), opened(2)])):
        assert call not in message.title
        assert call not in message.body


@given(st.text(max_size=300))
def test_a_title_is_one_short_line_whatever_the_name(tenant: str) -> None:
    title = message_on(view(tenant=tenant or "x"), News.OPENED).title
    assert "\n" not in title
    assert len(title) < 200
    assert not set("<>[]`") & set(harmless(tenant))
