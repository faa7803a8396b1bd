"""The demo: end to end without Java, and its words."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from models.config import DetectorConfig
from models.finding import Activity, Finding, Severity, SignalReading
from models.tenant import TenantModel
from streams.demo_state import Alert, DemoState, TenantStatus, alert_of, status_of
from streams.demo_text import headline, summary
from streams.demo_views import JsonView, PlainView
from streams.live_view import draw
from streams.ocsf import to_record
from streams.simulation import ATTACK_MS, ATTACKER

LIMIT_SECONDS = 180.0
READING = SignalReading("novelty", 10.958, 1.411, "nats of surprise", 2.1)


def finding(tenant: str = ATTACKER, activity: Activity = Activity.CREATE, minutes: int = 20) -> Alert:
    """A finding so many minutes after the attack began, read after 17 seconds."""
    time = ATTACK_MS + minutes * 60_000
    found = Finding(
        uid="6f0b5c1e-8a0d-5b7e-9d55-3f6f0c9a4c11",
        activity=activity,
        tenant=tenant,
        time=time,
        start_time=ATTACK_MS,
        severity=Severity.HIGH,
        risk_score=70,
        confidence_score=90,
        evidence=3e6,
        threshold=1e3,
        budget_days=90.0,
        count=57,
        signals=(READING,),
        requests=(),
        content_seen=True,
        config_digest="0" * 12,
    )
    return alert_of(to_record(found)[1], 17.2)


def state(*alerts: Alert) -> DemoState:
    status = TenantStatus(1_200, "alerting", 2.5, {"novelty": READING})
    return DemoState(
        seconds=30.0,
        phase="a tenant extracts the model",
        time=ATTACK_MS + 3_600_000,
        published=1_300,
        hostile=[ATTACK_MS + minute * 60_000 for minute in range(60)],
        tenants={ATTACKER: status},
        alerts=list(alerts),
    )


def test_the_whole_pipeline_catches_the_attacker_and_ctrl_c_ends_it_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams", "demo", "--json", "--seconds", str(LIMIT_SECONDS)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        # What never ends is ended from outside, and then the exit code below is wrong.
        alarm = threading.Timer(2 * LIMIT_SECONDS, process.kill)
        alarm.start()
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.stdout]
        errors = process.stderr.read()
        process.wait()
        alarm.cancel()
    assert (process.returncode, errors) == (0, "")
    assert first["class_uid"] == 2004
    assert first["activity_name"] == "Create"
    assert first["metadata"]["tenant_uid"] == ATTACKER
    assert first["time"] >= ATTACK_MS
    assert {record["metadata"]["tenant_uid"] for record in rest} <= {ATTACKER}


@pytest.mark.parametrize(
    ("alert", "right"),
    [
        (finding(), True),
        (finding(minutes=-1), False),
        (finding(tenant="alder-bank"), False),
        (finding(activity=Activity.UPDATE), False),
    ],
)
def test_only_an_alert_on_the_attacker_after_its_turn_counts(alert: Alert, right: bool) -> None:  # noqa: FBT001
    assert alert.right is right


def test_a_finding_fits_into_a_line() -> None:
    expected = f"ALERT opened on {ATTACKER}: high, risk 70, event time Fri 6 Mar 09:20"
    assert headline(finding()) == expected
    assert headline(finding(activity=Activity.CLOSE)).startswith("alert closed on")


def test_the_summary_tells_when_and_why_the_attacker_was_caught() -> None:
    text = summary(state(finding(tenant="alder-bank"), finding()))
    assert "caught 20 minutes later, after 21 requests (17 s after the start of the demo)" in text
    assert "novelty 11 1.41 nats of surprise" in " ".join(text.split())
    assert "What to do: throttle: the evidence is 3e+03 times the threshold" in text
    assert "False alerts: alder-bank." in text


def test_the_summary_of_a_miss_says_what_to_try() -> None:
    assert "has sent 60 extraction requests and is not caught yet: try --seconds 90" in summary(state())
    assert "The time was up before the attack began" in summary(DemoState(seconds=1.0))


def test_a_model_that_has_seen_nothing_can_be_shown() -> None:
    status = status_of(TenantModel("t", DetectorConfig()))
    assert (status.requests, status.state, status.share) == (0, "warming", 0.0)
    assert set(status.signals) == {"rate", "topic entropy", "novelty", "request shape", "habits"}


def test_the_live_view_shows_tenants_signals_and_findings() -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(draw(state(finding())))
    text = out.getvalue()
    for words in ("a tenant extracts the model", ATTACKER, "1,200", "alerting", "11 (1.41)", "ALERT opened"):
        assert words in text


def test_the_live_view_can_be_drawn_before_anything_happened() -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(draw(DemoState()))
    assert "none yet" in out.getvalue()


def test_plain_progress_is_a_line_every_few_seconds() -> None:
    out = io.StringIO()
    view = PlainView(out)
    for seconds in range(12):
        view.update(DemoState(seconds=float(seconds)))
    view.alert(finding())
    lines = out.getvalue().splitlines()
    assert [line[:6] for line in lines] == ["   0 s", "   5 s", "  10 s", "  17 s"]


def test_json_is_findings_only_as_they_stood_on_the_topic() -> None:
    out = io.StringIO()
    view = JsonView(out)
    view.update(state())
    view.alert(finding())
    assert out.getvalue() == finding().value.decode() + "\n"
