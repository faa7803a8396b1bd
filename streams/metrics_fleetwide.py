"""What is counted of the search for newcomers and campaigns."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge

from models.campaign.campaigns import Campaigns
from models.population.newcomers import Newcomers


class FleetwideMetrics:
    """The metrics of what is judged for the whole fleet in one place."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self._peers = gauge("distillwatch_population_peers", "Tenants that newcomers are compared with.")
        self._compared = gauge(
            "distillwatch_population_closed_timestamp_seconds", "Event time up to which newcomers are judged."
        )
        self._late = gauge(
            "distillwatch_population_late_profiles", "Profiles that came too late, or when too many waited."
        )
        self._accused = gauge("distillwatch_population_accused_tenants", "Newcomers that were accused.")
        self._open_newcomers = gauge("distillwatch_population_open_alerts", "Newcomers with an open episode.")
        self._fingerprints = Counter(
            "distillwatch_campaign_fingerprints_total",
            "Uses of templates that were told to be compared.",
            registry=registry,
        )
        self._open = gauge("distillwatch_campaign_open_campaigns", "Campaigns that are open.")
        self._members = gauge("distillwatch_campaign_members", "Accounts that campaigns name.")
        self._shared = gauge("distillwatch_campaign_shared_templates", "Known templates that tenants share.")
        self._judged = gauge(
            "distillwatch_campaign_closed_timestamp_seconds", "Event time up to which campaigns are judged."
        )
        self._missed = gauge(
            "distillwatch_campaign_late_fingerprints", "Fingerprints that came too late to be judged."
        )

    def population(self, newcomers: Newcomers | None) -> None:
        """Note how the baseline is; nothing where another worker has it."""
        self._peers.set(newcomers.peers if newcomers else 0)
        self._compared.set(newcomers.closed / 1000 if newcomers else 0)
        self._late.set(newcomers.late if newcomers else 0)
        self._accused.set(newcomers.accused if newcomers else 0)
        self._open_newcomers.set(newcomers.open if newcomers else 0)

    def fingerprints(self, count: int) -> None:
        """Count fingerprints that were posted."""
        self._fingerprints.inc(count)

    def campaigns(self, campaigns: Campaigns | None) -> None:
        """Note how the search for campaigns is; nothing where another worker has it."""
        self._open.set(campaigns.open if campaigns else 0)
        self._members.set(campaigns.members if campaigns else 0)
        self._shared.set(campaigns.templates if campaigns else 0)
        self._judged.set(campaigns.closed / 1000 if campaigns else 0)
        self._missed.set(campaigns.late if campaigns else 0)
