"""How a campaign is put into a finding."""

from __future__ import annotations

from collections.abc import Sequence

from models.campaign.cluster import Cluster
from models.campaign.clusters import Clusters
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.open_campaign import OpenCampaign
from models.finding import Activity, Severity, SignalReading
from models.grading import confidence_of, risk_of

MANY = 100
"""Accounts from which on a campaign is critical."""

SHOWN_TEMPLATES = 16
SHOWN_REQUESTS = 10
_HOUR_MS = 3_600_000


def state(
    campaign: OpenCampaign,
    cluster: Cluster,
    clusters: Clusters,
    activity: Activity,
    time: int,
    *,
    tenants: Sequence[str],
    config: CampaignConfig,
) -> CampaignFinding:
    """Make the finding that names these accounts."""
    accounts = [cluster.accounts[tenant] for tenant in tenants]
    evidence, threshold = max(campaign.evidence, cluster.evidence), clusters.threshold
    ratio = evidence / threshold
    used: dict[int, int] = {}
    for account in cluster.accounts.values():
        for template, count in account.counts.items():
            used[template] = used.get(template, 0) + count
    order = sorted(used, key=lambda template: (-used[template], template))
    return CampaignFinding(
        uid=campaign.uid,
        activity=activity,
        time=time,
        start_time=campaign.began,
        severity=Severity.CRITICAL if len(campaign.named) >= MANY else Severity.HIGH,
        risk_score=risk_of(ratio),
        confidence_score=confidence_of(ratio),
        evidence=evidence,
        threshold=threshold,
        false_per_day=config.false_per_day,
        members=tuple(account.member(tenant) for tenant, account in zip(tenants, accounts, strict=True)),
        accounts=len(campaign.named),
        count=sum(used.values()),
        disjoint=cluster.slots.disjoint,
        templates=tuple(order[:SHOWN_TEMPLATES]),
        signals=_readings(campaign, cluster, clusters, threshold),
        requests=tuple(account.request for account in accounts[:SHOWN_REQUESTS]),
        config_digest=config.digest(),
    )


def _readings(
    campaign: OpenCampaign, cluster: Cluster, clusters: Clusters, threshold: float
) -> tuple[SignalReading, ...]:
    population = clusters.population
    hours = max(1.0, population.clock.between(campaign.began, max(campaign.began, cluster.last_joined)))
    climbers = [a for a in cluster.accounts.values() if a.joined >= campaign.began]
    joined, new = len(climbers), sum(account.new for account in climbers)
    pace, with_new, with_near = (min(value / threshold, 1e6) for value in cluster.statistics)
    near = cluster.near.yes / max(1.0, cluster.near.seen)
    readings = [
        SignalReading("pace", joined / hours, population.rate(cluster.established), "accounts an hour", pace),
        SignalReading("new accounts", new / max(1, joined), population.new.value, "share", with_new),
        SignalReading("shared network", near, population.near.value, "share", with_near),
    ]
    readings.sort(key=lambda reading: -reading.evidence)
    return tuple(readings)
