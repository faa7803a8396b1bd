"""The example of a rate limiter: which findings count, how long, and for whom."""

from __future__ import annotations

import itertools
import threading
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest

from models.campaign.finding import Member
from models.finding import Activity, Severity
from tests.consumers.limiter import rate_limiter
from tests.streams.notify.findings import campaign_record, value

CREATE, UPDATE, CLOSE = Activity
TIME = 1_772_582_400_000


def at(step: int, activity: Activity, severity: Severity, mark: str = "", **fields: Any) -> bytes:
    """A finding so many seconds after the first."""
    return value(mark, activity=activity, severity=severity, time=TIME + step * 1000, **fields)


def after(*values: bytes | None) -> dict[str, str]:
    """What is decided after these findings."""
    decisions = rate_limiter.Decisions()
    for written in values:
        decisions.take(written)
    found: dict[str, str] = decisions.all()
    return found


def campaign(step: int, activity: Activity, *members: tuple[str, float]) -> bytes:
    """A finding of a campaign that names these accounts with the share of their traffic."""
    named = tuple(Member(tenant, 90, TIME, TIME, 26, share) for tenant, share in members)
    return orjson.dumps(campaign_record(activity=activity, time=TIME + step * 1000, members=named))


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.MEDIUM, "verify"), (Severity.HIGH, "throttle"), (Severity.CRITICAL, "suspend")],
)
def test_a_tenant_is_at_the_level_that_the_finding_suggests(severity: Severity, level: str) -> None:
    assert after(at(0, CREATE, severity)) == {"acme": level}


def test_the_level_changes_with_the_episode_and_ends_with_its_close() -> None:
    steps = [
        at(0, CREATE, Severity.MEDIUM),
        at(1, UPDATE, Severity.CRITICAL),
        at(2, CLOSE, Severity.CRITICAL),
    ]
    assert [after(*steps[:count]).get("acme") for count in range(4)] == [None, "verify", "suspend", None]


@pytest.mark.parametrize("mark", ["suppressed", "experimental", "replay", "sample"])
def test_what_is_marked_has_no_consequences(mark: str) -> None:
    marked = at(0, CREATE, Severity.CRITICAL, mark)
    if mark == "sample":
        record = orjson.loads(marked)
        record["metadata"]["labels"] = ["sample"]
        marked = orjson.dumps(record)
    assert after(marked) == {}


@pytest.mark.parametrize("mark", ["suppressed", "experimental"])
def test_an_episode_that_is_suppressed_later_loses_its_consequences(mark: str) -> None:
    assert after(at(0, CREATE, Severity.HIGH), at(1, UPDATE, Severity.HIGH, mark)) == {}


def test_repeats_and_late_comers_change_nothing() -> None:
    opened, graver, closed = (
        at(0, CREATE, Severity.MEDIUM),
        at(1, UPDATE, Severity.HIGH),
        at(2, CLOSE, Severity.HIGH),
    )
    assert after(opened, graver, opened) == {"acme": "throttle"}
    assert after(opened, graver, closed, opened, graver) == {}


def test_the_gravest_of_several_episodes_counts() -> None:
    milder = at(0, CREATE, Severity.MEDIUM, uid="a")
    graver = at(0, CREATE, Severity.CRITICAL, uid="b")
    assert after(milder, graver) == {"acme": "suspend"}
    assert after(milder, graver, at(1, CLOSE, Severity.CRITICAL, uid="b")) == {"acme": "verify"}


def test_a_campaigns_members_are_slowed_down_but_for_resold_accounts() -> None:
    first, second = campaign(0, CREATE, ("a", 1.0), ("resold", 0.1)), campaign(1, UPDATE, ("b", 0.9))
    assert after(first, second) == {"a": "throttle", "b": "throttle"}
    assert after(first, second, campaign(2, CLOSE)) == {}


@pytest.mark.parametrize("written", [None, b"", b"{", b"[]", b"{}", b'{"metadata": {}}', b'{"metadata": 1}'])
def test_what_is_no_finding_is_left_out(written: bytes | None) -> None:
    assert after(written, at(0, CREATE, Severity.HIGH)) == {"acme": "throttle"}


def test_a_throttled_tenant_gets_so_many_requests_a_minute() -> None:
    decisions, now = rate_limiter.Decisions(), itertools.chain([0.0] * 7, [30.0] * 9)
    limiter = rate_limiter.Limiter(decisions, 4.0, lambda: next(now))
    decisions.take(at(0, CREATE, Severity.HIGH))
    assert [limiter.check("acme")[0] for _ in range(6)] == [200, 200, 200, 200, 429, 429]
    next(now)
    assert [limiter.check("acme")[0] for _ in range(3)] == [200, 200, 429]
    assert limiter.check("other") == (200, "observe")


def test_a_suspended_tenant_gets_none_and_all_again_after_the_close() -> None:
    decisions = rate_limiter.Decisions()
    limiter = rate_limiter.Limiter(decisions, 4.0)
    decisions.take(at(0, CREATE, Severity.CRITICAL))
    assert limiter.check("acme") == (403, "suspend")
    decisions.take(at(1, CLOSE, Severity.CRITICAL))
    assert limiter.check("acme") == (200, "observe")


def test_a_tenant_is_limited_whatever_its_script() -> None:
    decisions = rate_limiter.Decisions()
    decisions.take(at(0, CREATE, Severity.CRITICAL, tenant="Überbank 銀行"))
    server = rate_limiter.web_server(0, decisions, rate_limiter.Limiter(decisions, 4.0))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.server_address[1])
    try:
        connection.request("GET", "/check", headers={"x-tenant": "Überbank 銀行".encode()})
        assert connection.getresponse().status == 403
    finally:
        connection.close()
        server.shutdown()
        server.server_close()
        thread.join()


def test_only_so_many_closed_episodes_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limiter, "MOST_CLOSED", 2)
    decisions = rate_limiter.Decisions()
    decisions.take(at(0, CREATE, Severity.HIGH, uid="open", tenant="other"))
    for uid in ("a", "b", "c", "d"):
        decisions.take(at(0, CREATE, Severity.HIGH, uid=uid))
        decisions.take(at(1, CLOSE, Severity.HIGH, uid=uid))
    decisions.take(at(0, CREATE, Severity.HIGH, uid="d"))
    assert decisions.all() == {"other": "throttle"}
    assert list(decisions._episodes) == ["open", "c", "d"]
