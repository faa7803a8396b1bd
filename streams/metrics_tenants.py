"""What is counted of tenants: how many stand where, what was said, and the budget of false alerts."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from functools import partial
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge

from models.campaign.finding import CampaignFinding
from models.episode import State
from models.finding import Activity, Finding, Severity

DAY_SECONDS = 86_400
KINDS = ("tenant", "newcomer", "campaign")
_GRADES = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


class TenantMetrics:
    """The metrics of tenants; none of them names one, see `streams.tenant_collector`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge, counter = partial(Gauge, registry=registry), partial(Counter, registry=registry)
        self._live = gauge("distillwatch_live_tenants", "Tenants in memory.")
        self._warming = gauge("distillwatch_warming_tenants", "Tenants in memory without enough history yet.")
        self._suspicious = gauge(
            "distillwatch_suspicious_tenants", "Tenants in memory whose evidence is too high to learn."
        )
        self._alerting = gauge("distillwatch_alerting_tenants", "Tenants in memory with an open episode.")
        self._open_alerts = gauge(
            "distillwatch_open_alerts", "Tenants in memory with an open episode, by severity.", ["severity"]
        )
        self._findings = counter("distillwatch_findings_total", "Findings.", ["activity", "severity", "kind"])
        self._clean = counter(
            "distillwatch_clean_tenant_seconds_total",
            "Event time that tenants in memory were judged without an open episode, added up over them.",
        )
        self._budget = gauge(
            "distillwatch_budget_seconds", "Event time of a tenant in which one false alert is allowed."
        )
        self._campaign_budget = gauge(
            "distillwatch_campaign_budget_seconds",
            "Event time of the fleet in which one false campaign is allowed.",
        )
        # A counter that begins with its first finding is not seen to rise.
        for severity in map(_word, _GRADES):
            self._open_alerts.labels(severity).set(0)
            for activity, kind in product(map(_word, Activity), KINDS):
                self._findings.labels(activity, severity, kind)

    def found(self, findings: Sequence[Finding | CampaignFinding]) -> None:
        """Count findings."""
        for finding in findings:
            self._findings.labels(_word(finding.activity), _word(finding.severity), kind_of(finding)).inc()

    def tenants(self, states: Tally[State]) -> None:
        """Note the tenants in memory, by where they stand."""
        self._live.set(states.total())
        self._warming.set(states[State.WARMING])
        self._suspicious.set(states[State.SUSPICIOUS])
        self._alerting.set(states[State.ALERTING])

    def open_alerts(self, severities: Tally[Severity]) -> None:
        """Note the tenants in memory with an open episode, by the severity that was stated last."""
        for severity in _GRADES:
            self._open_alerts.labels(_word(severity)).set(severities[severity])

    def clean(self, seconds: float) -> None:
        """Count event time that tenants spent without an open episode, in seconds added up over them."""
        self._clean.inc(seconds)

    def budget(self, days: float, false_campaigns_a_day: float | None) -> None:
        """Note the stated budgets of false alerts; of campaigns nothing where they are not sought."""
        self._budget.set(days * DAY_SECONDS)
        if false_campaigns_a_day is not None:
            self._campaign_budget.set(DAY_SECONDS / false_campaigns_a_day)


def kind_of(finding: Finding | CampaignFinding) -> str:
    """Tell what a finding is about: a `tenant` and its past, a `newcomer` among its peers, a `campaign`."""
    if isinstance(finding, CampaignFinding):
        return "campaign"
    return "newcomer" if finding.population else "tenant"


def _word(value: Activity | Severity) -> str:
    return value.name.lower()
