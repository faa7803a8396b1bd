"""What `distillwatch notify` says about itself in numbers."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge


class NotifyMetrics:
    """The metrics of one process; no tenant and no address is named in any of them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        self._findings = counter("distillwatch_notify_findings_total", "Findings read.", ["news"])
        self._sent = counter("distillwatch_notify_sent_total", "Messages that a service took.", ["sink"])
        self._missed = counter(
            "distillwatch_notify_missed_attempts_total", "Attempts that a service did not take.", ["sink"]
        )
        self._failed = counter(
            "distillwatch_notify_failed_total", "Messages that became dead letters.", ["sink"]
        )
        self._refused = counter(
            "distillwatch_notify_refused_records_total", "Records that are no findings, set aside."
        )
        self._open = gauge("distillwatch_notify_open_alerts", "Alerts that were told and have not closed.")
        self._held = gauge("distillwatch_notify_held_messages", "Messages that wait for the next summary.")
        self._lag = gauge("distillwatch_notify_lag_records", "Records of the alert topic that wait unread.")
        self._last = gauge(
            "distillwatch_notify_last_sent_timestamp_seconds", "When a service last took a message."
        )

    def read(self, news: str) -> None:
        """Count a finding by what it was: `opened`, `changed`, `resolved` or `none`."""
        self._findings.labels(news).inc()

    def sent(self, sink: str) -> None:
        """Count a message that a service took."""
        self._sent.labels(sink).inc()
        self._last.set_to_current_time()

    def missed(self, sink: str) -> None:
        """Count an attempt in vain."""
        self._missed.labels(sink).inc()

    def failed(self, sink: str) -> None:
        """Count a message that was given up."""
        self._failed.labels(sink).inc()

    def refused(self) -> None:
        """Count a record that is no finding."""
        self._refused.inc()

    def stands(self, *, open_alerts: int, held: int, lag: int) -> None:
        """Say how things stand."""
        self._open.set(open_alerts)
        self._held.set(held)
        self._lag.set(lag)
