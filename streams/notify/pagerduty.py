"""PagerDuty by its Events API v2, an incident an episode.

apprise knows PagerDuty too, but can neither set `dedup_key` nor resolve: every repeat would open an incident.
"""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from models.finding import Severity
from streams.cloudevents import rfc3339
from streams.finding_view import SAMPLE
from streams.notify.episodes import News
from streams.notify.http_post import HttpPost
from streams.notify.message import Message, harmless, runbook_link
from streams.notify.sink import System

MOST_SUMMARY = 1_024
_LEVELS = {Severity.CRITICAL: "critical", Severity.HIGH: "error", Severity.MEDIUM: "warning"}


class PagerDuty(System):
    """Triggers, changes and resolves an incident by the episode's uid."""

    kind = "pagerduty"

    def __init__(self, url: str, key: SecretStr, timeout: float, docs_url: str | None = None) -> None:
        self._http = HttpPost(url, timeout)
        self._key = key
        self._docs_url = docs_url

    def send(self, message: Message) -> None:
        """Post an event; see `streams.notify.sink.Sink`."""
        event = {"routing_key": self._key.get_secret_value(), "dedup_key": message.uid}
        if message.news is News.RESOLVED:
            self._http.post({**event, "event_action": "resolve"})
        else:
            self._http.post({**event, "event_action": "trigger", **self._incident(message)})

    def _incident(self, message: Message) -> dict[str, Any]:
        finding = message.finding
        link = runbook_link(finding, self._docs_url)
        return {
            "client": "distillwatch",
            "payload": {
                "summary": message.title[:MOST_SUMMARY],
                "source": harmless(finding.tenant or finding.uid),
                "severity": "info" if SAMPLE in finding.marks else _LEVELS.get(message.severity, "info"),
                "timestamp": rfc3339(finding.time),
                "component": finding.detector,
                "group": finding.campaign or harmless(finding.tenant),
                "class": finding.title,
                "custom_details": {
                    "message": harmless(finding.message),
                    "signals": [harmless(str(comparison)) for comparison in finding.comparisons],
                    "response": finding.response,
                    "reason": finding.reason,
                    "since": rfc3339(finding.start_time),
                    "requests": finding.count,
                    "risk_score": finding.risk_score,
                    "confidence_score": finding.confidence_score,
                    "runbook": link,
                },
            },
            **({"links": [{"href": link, "text": "Runbook"}]} if "://" in link else {}),
        }
