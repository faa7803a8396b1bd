"""The demo in plain words."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import Any

from models.finding import Activity, Severity
from streams.demo_state import Alert, DemoState
from streams.simulation import ATTACK_MS, ATTACKER

_VERBS = {
    Activity.CREATE: "ALERT opened on",
    Activity.UPDATE: "alert grew on",
    Activity.CLOSE: "alert closed on",
}


def event_time(milliseconds: int) -> str:
    """A moment of event time, such as `Fri 6 Mar 09:12`."""
    if not milliseconds:
        return "-"
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def headline(alert: Alert) -> str:
    """One line on a finding."""
    record = alert.record
    verb = _VERBS[Activity(record["activity_id"])]
    severity = Severity(record["severity_id"]).name.lower()
    moment = event_time(record["time"])
    return f"{verb} {alert.tenant}: {severity}, risk {record['risk_score']}, event time {moment}"


def summary(state: DemoState) -> str:
    """How it ended, and why the alert opened: what was expected and what was observed."""
    judged = f"{state.judged:,} requests of {len(state.tenants)} tenants judged in {state.seconds:.0f} s."
    alert = state.caught
    wrong = sorted({other.tenant for other in state.alerts if other.opens and not other.right})
    text = [judged, *(_missed(state) if alert is None else _caught(state, alert))]
    return "\n".join([*text, f"False alerts: {', '.join(wrong) if wrong else 'none'}."])


def comparisons(record: dict[str, Any]) -> list[str]:
    """Each signal of a finding in a line, the strongest first."""
    lines = []
    for analysis in record["anomaly_analyses"]:
        (anomaly,), (baseline,) = analysis["anomalies"], analysis["baselines"]
        observed, _, unit = anomaly["observations"][0]["value"].partition(" ")
        expected, _, _ = baseline["observations"][0]["value"].partition(" ")
        name = anomaly["observation_parameter"]
        lines.append(f"{name:<15} {float(observed):>7.3g}   {float(expected):>7.3g}   {unit}")
    return lines


def _caught(state: DemoState, alert: Alert) -> list[str]:
    asked = bisect_right(list(state.hostile), alert.record["time"])
    minutes = (alert.record["time"] - ATTACK_MS) / 60_000
    began = f"{ATTACKER} began to extract the model at event time {event_time(ATTACK_MS)}"
    caught = f"was caught {minutes:.0f} minutes later, after {asked} requests"
    return [
        f"{began} and {caught} ({alert.seconds:.0f} s after the start of the demo).",
        "What it looked like, observed and expected, the strongest signal first:",
        *(f"  {line}" for line in comparisons(alert.record)),
        f"What to do: {alert.record['remediation']['desc']}.",
    ]


def _missed(state: DemoState) -> list[str]:
    if not state.hostile:
        return ["The time was up before the attack began: give it more with --seconds."]
    sent = len(state.hostile)
    return [f"{ATTACKER} has sent {sent} extraction requests and is not caught yet: try --seconds 90."]
