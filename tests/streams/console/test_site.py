"""The console's pages and forms over HTTP: what is shown, and who may do what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from models.control.records import Judged, Remove, Suppress, Verdict
from models.finding import Severity
from streams.console.gate import POLICY
from tests.streams.console.client import Client
from tests.streams.console.world import HOSTILE, Record, finding

if TYPE_CHECKING:
    from tests.streams.console.conftest import MakeSite

ACME = "/tenant?name=acme"
TOKEN = "a-token-of-some-length"  # noqa: S105 - of a console that lives as long as the test
FORM = "application/x-www-form-urlencoded"
WRITING = {"write": True, "author": "ann"}


def test_open_alerts_are_listed_the_gravest_first_and_silent_ones_apart(make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        text = client.get("/").text
    order = [text.index(word) for word in ("acme", "campaign of 60", "globex-batch", "alerting nobody")]
    assert order == sorted(order)
    assert text.index("alerting nobody") < text.index("eval-nightly") < text.index("Closed of late")
    assert text.index("Closed of late") < text.index("initech")
    assert '<span class="badge mark">suppressed</span>' in text
    assert '<span class="badge mark">experimental</span>' in text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("severity=high", "acme", "globex-batch"),
        ("kind=campaign", "campaign of 60", "acme"),
        ("kind=newcomer", "fresh-start", "acme"),
        ("q=GLOBEX", "globex-batch", "acme"),
        ("q=acct-007", "campaign of 60", "globex-batch"),
        ("q=22222222", "globex-batch", "acme"),
        ("severity=nonsense&kind=x&page=99999999999", "alerts", "Traceback"),
    ],
)
def test_filters_choose(query: str, shown: str, hidden: str, make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        text = client.get(f"/?{query}").text
    assert shown in text
    assert hidden not in text


def test_many_alerts_come_in_pages(make_site_of: MakeSite) -> None:
    site = make_site_of()
    for number in range(230):
        site.knowledge.take_alert(Record(finding(f"u{number:03}", f"t{number:03}")))  # type: ignore[arg-type]
    with Client(site.address) as client:
        text = client.get("/?page=2").text
    assert "Page 2 of 3" in text
    assert text.count('data-label="Who"') < 120


def test_a_tenants_page_shows_evidence_reasons_places_episodes_and_changes(make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        text = client.get(ACME).text
    for part in (
        "threshold: an episode opens",
        "Asks for what it has not asked before",
        "2.92 times as much",
        "llm-requests",
        "req-3",
        "a migration, tried out",
        "880\N{MULTIPLICATION SIGN}",
        "<b>suspend</b>",
    ):
        assert part in text


def test_a_campaigns_page_shows_its_accounts_as_table_and_graph(make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        text = client.get("/campaign?uid=33333333-cccc").text
        member = client.get("/tenant?name=acct-007").text
    assert text.count('class="node') == 60
    assert text.count('<th scope="row"><a class="name"') == 60
    assert "It is an account of the" not in member  # it has no episode of its own
    assert "Nothing was found of this tenant" in member


def test_an_episode_of_a_tenant_asked_for_as_a_campaign_leads_to_the_tenant(make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        answer = client.get("/campaign?uid=11111111-aaaa")
    assert (answer.status_code, answer.headers["Location"]) == (303, ACME)


@pytest.mark.parametrize("path", ["/campaign?uid=none", "/tenant", "/nothing", "/static/..%2Fsite.py"])
def test_what_is_not_there_is_said_so(path: str, make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_without_scores_the_page_says_what_to_enable(make_site_of: MakeSite) -> None:
    with Client(make_site_of(scores=False, world=lambda _: None).address) as client:
        text = client.get(ACME).text
    assert "Set <code>scores.enabled = true</code>" in text


def test_a_hostile_name_is_text_everywhere_and_turns_no_direction(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        pages = [client.get("/").text, client.get(f"/tenant?name={quote(HOSTILE)}").text]
        pages.append(client.get(f"/?q={quote(HOSTILE)}").text)
        token = client.csrf(ACME)
        bad = {"csrf": token, "finding": HOSTILE, "verdict": HOSTILE}
        pages.append(client.post("/verdict", bad).text)
    for text in pages:
        assert "<img" not in text
        assert "\u202e" not in text
        assert "\x07" not in text
    assert "{{7*7}}" in pages[0]
    assert "&lt;img src=x" in pages[0]


def test_no_page_holds_a_style_or_a_script_of_its_own(make_site_of: MakeSite) -> None:
    with Client(make_site_of(**WRITING).address) as client:
        pages = [client.get(path) for path in ("/", ACME, "/campaign?uid=33333333-cccc", "/nothing")]
    for page in pages:
        assert re.findall(r"<style|<[^>]*\sstyle=|<[^>]*\son\w+=|javascript:", page.text) == []
        scripts = re.findall(r"<script([^>]*)>", page.text)
        assert all("src=" in one or "application/json" in one for one in scripts)
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []
        assert page.headers["Content-Security-Policy"] == POLICY
        assert "unsafe" not in POLICY
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cache-Control"] == "no-store"


def test_a_verdict_is_written_in_the_authors_name(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        fields = {
            "csrf": client.csrf(ACME),
            "finding": "11111111-aaaa",
            "verdict": "true_positive",
            "back": ACME,
        }
        answer = client.post("/verdict", {**fields, "reason": "seen at the other one too"})
        text = client.get(ACME).text
    assert (answer.status_code, answer.headers["Location"]) == (303, ACME)
    (change,) = site.written
    assert (change.author, change.reason) == ("ann", "seen at the other one too")
    assert change.what == Judged("11111111-aaaa", Verdict.TRUE_POSITIVE, "acme", "novelty")
    assert "Verdict: <b>true positive</b>, by ann: seen at the other one too" in text


def test_a_verdict_on_a_campaign_names_no_tenant(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        client.post("/verdict", {"csrf": client.csrf(ACME), "finding": "33333333-cccc", "verdict": "benign"})
    assert site.written[0].what == Judged("33333333-cccc", Verdict.BENIGN, "", "campaign")


def test_a_suppression_is_written_and_can_be_taken_back(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        chosen = {"tenant": "acme", "reason": "benchmark week", "until": "7d", "severity": "high"}
        client.post("/suppress", {"csrf": client.csrf(ACME), "back": ACME, **chosen})
        (change,) = site.written
        assert "Take back" in client.get(ACME).text
        client.post("/remove", {"csrf": client.csrf(ACME), "back": ACME, "target": change.id})
        text = client.get(ACME).text
    rule = change.what
    assert isinstance(rule, Suppress)
    assert (rule.tenant, rule.severity_at_most, rule.no_learn) == ("acme", Severity.HIGH, False)
    assert rule.until - rule.begins == pytest.approx(7 * 86_400_000, abs=60_000)
    assert site.written[1].what == Remove(change.id)
    assert "removed" in text


def test_a_suppression_can_also_keep_the_detector_from_learning(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        chosen = {"tenant": "acme", "reason": "benchmark week", "until": "7d", "learn": "no"}
        client.post("/suppress", {"csrf": client.csrf(ACME), "back": ACME, **chosen})
    rule = site.written[0].what
    assert isinstance(rule, Suppress)
    assert (rule.no_alert, rule.no_learn) == (True, True)


@pytest.mark.parametrize("name", ["*", "acme*", "a?me"])
def test_a_name_that_would_be_read_as_a_pattern_silences_nobody(name: str, make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        chosen = {"tenant": name, "reason": "benchmark week", "until": "7d"}
        answer = client.post("/suppress", {"csrf": client.csrf(ACME), **chosen})
    assert answer.status_code == 422
    assert "reads as a pattern: nothing was changed" in answer.text
    assert site.written == []


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/verdict", {"finding": "none", "verdict": "benign"}, "there is no finding &#39;none&#39; on"),
        ("/verdict", {"finding": "11111111-aaaa", "verdict": "fine"}, "verdict"),
        ("/suppress", {"tenant": "acme", "until": "7d"}, "reason"),
        ("/suppress", {"tenant": "acme", "until": "soon", "reason": "x"}, "until"),
        ("/suppress", {"tenant": "acme", "reason": "x"}, "until"),
        ("/remove", {"target": "none"}, "there is no change &#39;none&#39;: see `distillwatch control list`"),
    ],
)
def test_what_a_worker_would_refuse_is_refused_in_its_words(
    path: str, fields: dict[str, str], words: str, make_site_of: MakeSite
) -> None:
    site = make_site_of(**WRITING)
    with Client(site.address) as client:
        answer = client.post(path, {"csrf": client.csrf(ACME), **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert site.written == []


def test_read_only_has_no_buttons_and_refuses_every_change(make_site_of: MakeSite) -> None:
    site = make_site_of()
    with Client(site.address) as client:
        text = client.get(ACME).text
        token = client.csrf(ACME)
        codes = [
            client.post(path, {"csrf": token, "finding": "11111111-aaaa", "verdict": "benign"}).status_code
            for path in ("/verdict", "/suppress", "/remove")
        ]
    assert 'method="post"' not in text
    assert codes == [403, 403, 403]
    assert site.written == []


def test_a_form_of_elsewhere_is_refused(make_site_of: MakeSite) -> None:
    site = make_site_of(**WRITING)
    fields = {"finding": "11111111-aaaa", "verdict": "benign"}
    with Client(site.address) as client, Client(site.address) as other:
        own, foreign = client.csrf(ACME), other.csrf(ACME)
        attempts = [
            client.post("/verdict", fields),
            client.post("/verdict", {**fields, "csrf": "0" * 64}),
            client.post("/verdict", {**fields, "csrf": foreign}),
            client.post("/verdict", {**fields, "csrf": own}, Origin="https://evil.example"),
            client.post(
                "/verdict", {**fields, "csrf": client.csrf(ACME)}, **{"Sec-Fetch-Site": "cross-site"}
            ),
        ]
    assert [attempt.status_code for attempt in attempts] == [403] * 5
    assert site.written == []


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(make_site_of: MakeSite) -> None:
    with Client(make_site_of(public_url="https://console.example").address) as client:
        cookie = client.get("/").headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Secure", "Max-Age="):
        assert part in cookie


def test_another_host_is_refused_on_loopback(make_site_of: MakeSite) -> None:
    with Client(make_site_of().address) as client:
        answers = [
            client.get("/", Host=name) for name in ("evil.example", "127.0.0.1.evil.example", "localhost:1")
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 200]


def test_behind_a_proxy_it_answers_to_its_public_name(make_site_of: MakeSite) -> None:
    with Client(make_site_of(public_url="https://console.example").address) as client:
        answers = [client.get("/", Host=name) for name in ("console.example", "evil.example")]
    assert [answer.status_code for answer in answers] == [200, 403]


def test_a_trusted_proxy_says_who_makes_a_change_and_without_it_none_is_made(make_site_of: MakeSite) -> None:
    site = make_site_of(write=True, author_header="X-Forwarded-User")
    fields = {"finding": "11111111-aaaa", "verdict": "benign"}
    with Client(site.address) as client:
        unnamed = client.post("/verdict", {**fields, "csrf": client.csrf(ACME)})
        named = client.post("/verdict", {**fields, "csrf": client.csrf(ACME)}, **{"X-Forwarded-User": "bob"})
    assert (unnamed.status_code, named.status_code) == (403, 303)
    assert [change.author for change in site.written] == ["bob"]


def test_with_a_token_nothing_is_shown_before_the_log_in(make_site_of: MakeSite) -> None:
    with Client(make_site_of(token=TOKEN).address) as client:
        assert client.get("/").headers["Location"] == "/login"
        assert client.get("/version").status_code == 303
        assert client.post("/verdict", {}).status_code == 401
        assert client.get("/", Authorization="Bearer wrong").status_code == 401
        wrong = client.post("/login", {"csrf": client.csrf("/login"), "token": "wrong"})
        assert (wrong.status_code, "That is not the token." in wrong.text) == (401, True)
        before = client.session.cookies["distillwatch_console"]
        right = client.post("/login", {"csrf": client.csrf("/login"), "token": TOKEN})
        assert right.status_code == 303
        assert client.session.cookies["distillwatch_console"] != before
        assert "acme" in client.get("/").text
        client.post("/logout", {"csrf": client.csrf("/")})
        assert client.get("/").status_code == 303


def test_bytes_that_are_no_text_are_refused_before_the_log_in_and_fail_nothing(
    make_site_of: MakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site, cookie = make_site_of(token=TOKEN), b"distillwatch_console=\xff"
    with Client(site.address) as client:
        bearer = client.get("/", Authorization=b"Bearer \xff")
        shown = client.get("/login", Cookie=cookie)
    with Client(site.address) as client:
        own = client.csrf("/login")
        forms = [
            client.post("/login", {"csrf": own}, **{"Content-Type": f"{FORM}; charset={charset}"})
            for charset in ("bogus", "hex", "utf-16", "utf-8\x7f")
        ]
        lone = client.post(
            "/login", {"csrf": "\\ud800"}, **{"Content-Type": f"{FORM}; charset=unicode_escape"}
        )
    assert (bearer.status_code, shown.status_code, lone.status_code) == (401, 200, 403)
    assert [form.status_code for form in forms] == [400] * 4
    assert "a page failed" not in capsys.readouterr().out


def test_a_log_in_from_elsewhere_is_refused(make_site_of: MakeSite) -> None:
    with Client(make_site_of(token=TOKEN).address) as client:
        assert client.post("/login", {"token": TOKEN}).status_code == 403


def test_a_bearer_of_the_token_is_let_in(make_site_of: MakeSite) -> None:
    with Client(make_site_of(token=TOKEN).address) as client:
        assert client.get("/", Authorization=f"Bearer {TOKEN}").status_code == 200


def test_health_is_open_and_says_what_is_missing(make_site_of: MakeSite) -> None:
    site = make_site_of(token=TOKEN)
    with Client(site.address) as client:
        ready = client.get("/health/ready", Host="10.0.0.7:9466")
        site.hindrance = "still reading alerts: not all is shown yet"
        unready = client.get("/health/ready")
        assert client.get("/health/live").text == "ok\n"
    assert (ready.status_code, unready.status_code) == (200, 503)
    assert "still reading" in unready.text


def test_a_page_says_what_keeps_it_from_the_newest(make_site_of: MakeSite) -> None:
    site = make_site_of()
    site.hindrance = "alerts cannot be read at present"
    with Client(site.address) as client:
        assert "alerts cannot be read at present" in client.get("/").text


def test_too_large_a_form_is_refused(make_site_of: MakeSite) -> None:
    with Client(make_site_of(**WRITING).address) as client:
        assert client.post("/verdict", {"reason": "x" * 100_000}).status_code == 413


def test_the_redirect_after_a_change_leads_to_no_other_site(make_site_of: MakeSite) -> None:
    with Client(make_site_of(**WRITING).address) as client:
        fields = {"csrf": client.csrf(ACME), "finding": "11111111-aaaa", "verdict": "benign"}
        answers = [
            client.post("/verdict", {**fields, "back": back})
            for back in ("//evil.example", "https://evil.example", "/tenant?x\r\nA: b")
        ]
    assert [answer.headers["Location"] for answer in answers] == ["/", "/", "/"]
