"""Alertmanager by its v2 API: alerts that are open are sent again and again, as it asks of its clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import SecretStr

from streams.finding_view import SAMPLE, FindingView
from streams.notify.episodes import News
from streams.notify.http_post import HttpPost
from streams.notify.message import Message, harmless, runbook_link
from streams.notify.sink import SinkError, System

log = structlog.get_logger(__name__)

RESOLVED_SECONDS = 300.0
"""How long a resolved alert is sent again."""
AT_ONCE = 500
ALERT_NAMES = {True: "ModelExtraction", False: "ModelExtractionCampaign"}


@dataclass(frozen=True, slots=True)
class _Ended:
    """An alert that is over, since when in Unix seconds, and the episode that it was of."""

    uid: str
    alert: dict[str, Any]
    at: float

    def payload(self) -> dict[str, Any]:
        return {**self.alert, "endsAt": _rfc3339(self.at)}


class Alertmanager(System):
    """Knows which alerts are open, and tells one Alertmanager.

    Parameters
    ----------
    seconds
        How often it is told of open alerts.
    clock
        Unix seconds; Alertmanager goes by the wall clock.
    """

    kind = "alertmanager"

    def __init__(
        self,
        url: str,
        timeout: float,
        *,
        token: SecretStr | None = None,
        docs_url: str | None = None,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        bearer = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._http = HttpPost(f"{url.rstrip('/')}/api/v2/alerts", timeout, bearer)
        self._docs_url = docs_url
        self._seconds = seconds
        self._clock = clock
        self._due = 0.0
        self._open: dict[str, dict[str, Any]] = {}
        self._ended: list[_Ended] = []

    def send(self, message: Message) -> None:
        """Take note of a change and post it; see `streams.notify.sink.Sink`."""
        finding = message.finding
        alert = self._alert(finding)
        if SAMPLE in finding.marks:  # nobody ever closes it: told once, it ends there by itself
            self._http.post([alert])
            return
        if message.news is News.RESOLVED:
            self._resolve(finding.uid, alert)
        else:
            self._begin(finding.uid, alert)
        opened = [alert] if finding.uid in self._open else []
        self._http.post([*opened, *(ended.payload() for ended in self._ended if ended.uid == finding.uid)])

    def restore(self, message: Message) -> None:
        """Take note of a change that was posted before we started."""
        if message.news is News.RESOLVED:
            self._open.pop(message.uid, None)
        elif SAMPLE not in message.finding.marks:
            self._open[message.uid] = self._alert(message.finding)

    def forget(self, uids: Iterable[str]) -> None:
        """Say no more of episodes that somebody else looks after now."""
        for uid in uids:
            self._open.pop(uid, None)

    def tick(self) -> None:
        """Send open alerts and, for a while, resolved ones again if it is time; failures are logged."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + self._seconds
        self._ended = [ended for ended in self._ended if now - ended.at <= RESOLVED_SECONDS]
        alerts = [*self._open.values(), *(ended.payload() for ended in self._ended)]
        try:
            for first in range(0, len(alerts), AT_ONCE):
                self._http.post(alerts[first : first + AT_ONCE])
        except SinkError as error:
            log.warning("alertmanager was not told again", error=str(error), alerts=len(alerts))

    def _begin(self, uid: str, alert: dict[str, Any]) -> None:
        before, self._open[uid] = self._open.get(uid), alert
        # The severity is a label and so part of the alert's name there: the old one has to end.
        if before is not None and before["labels"] != alert["labels"]:
            self._end(uid, before)
        self._ended = [ended for ended in self._ended if ended.alert["labels"] != alert["labels"]]

    def _resolve(self, uid: str, alert: dict[str, Any]) -> None:
        opened = self._open.pop(uid, None)
        if opened is not None or all(ended.uid != uid for ended in self._ended):
            self._end(uid, opened or alert)

    def _end(self, uid: str, alert: dict[str, Any]) -> None:
        if all(ended.uid != uid or ended.alert["labels"] != alert["labels"] for ended in self._ended):
            self._ended.append(_Ended(uid, alert, self._clock()))

    def _alert(self, finding: FindingView) -> dict[str, Any]:
        who = {"tenant": finding.tenant} if finding.tenant else {"campaign": finding.uid}
        link = runbook_link(finding, self._docs_url)
        return {
            "labels": {
                "alertname": ALERT_NAMES[bool(finding.tenant)],
                **{name: harmless(value) for name, value in who.items()},
                "severity": finding.severity.name.lower(),
                "detector": finding.detector,
            },
            "annotations": {
                "summary": f"{finding.title}.",
                "description": harmless(finding.message),
                "response": f"{finding.response}: {finding.reason}",
                "episode": finding.uid,
                "runbook_url": link,
            },
            # Event time may be ahead of ours, and Alertmanager refuses an alert that ends before it starts.
            "startsAt": _rfc3339(min(finding.start_time / 1000, self._clock())),
        }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
