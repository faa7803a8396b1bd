"""What operators changed, and what came of it, in numbers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from models.control.annotation import Annotation
from models.control.control import Control


class ControlMetrics:
    """The metrics of changes; but for the counters the same on every worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._control_refused = Counter(
            "distillwatch_control_refused_total",
            "Control records that changed nothing.",
            ["reason"],
            registry=registry,
        )
        self._changes = Gauge(
            "distillwatch_control_changes", "Changes by operators that are known.", registry=registry
        )
        self._suppressions = Counter(
            "distillwatch_suppressions_total", "Findings that a rule fits.", ["outcome"], registry=registry
        )
        self._verdicts = Gauge(
            "distillwatch_verdicts",
            "Findings with a verdict; the same on every worker.",
            ["verdict", "signal"],
            registry=registry,
        )
        self._precision = Gauge(
            "distillwatch_precision_ratio",
            "True positives among the verdicts but test; the same on every worker.",
            ["signal"],
            registry=registry,
        )

    def control(self, control: Control) -> None:
        """Note what operators have said; every worker shows the same."""
        self._changes.set(len(control.changes))
        self._verdicts.clear()
        for (verdict, signal), count in control.tally.items():
            self._verdicts.labels(verdict.value, signal).set(count)
        self._precision.clear()
        for signal, share in control.precision.items():
            self._precision.labels(signal).set(share)

    def control_refused(self, reason: str) -> None:
        """Count a control record that was refused."""
        self._control_refused.labels(reason).inc()

    def annotated(self, annotation: Annotation) -> None:
        """Count a finding that rules fit: `matched` by any, `suppressed` by one that is no dry run."""
        if annotation.suppressed_by or annotation.would_suppress:
            self._suppressions.labels("matched").inc()
        if annotation.suppressed_by:
            self._suppressions.labels("suppressed").inc()
