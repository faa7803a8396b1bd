"""The parts of a worker that judge the whole fleet: what detect posts for them, and their two stages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from faust.types import TP

from models.campaign.finding import CampaignFinding
from models.finding import Finding
from streams.annotate import Annotate
from streams.app_parts import DAY_MS, deliveries_of, end_offsets_of, now_ms, partitions_of, share_of
from streams.deliveries import Deliveries
from streams.faust_app import DistillwatchApp
from streams.fingerprint_post import FingerprintPost
from streams.mark_post import MarkPost
from streams.metrics import Metrics
from streams.population_post import PopulationPost
from streams.population_records import PARTITION, Mark, mark_record
from streams.population_stage import PopulationStage
from streams.settings import Settings
from streams.state_table import StateTable
from streams.steps import OnStep
from streams.template_state import TemplateState
from streams.templates import TemplateStage


def fleetwide_topics(settings: Settings) -> list[str]:
    """Return the topics of what is judged for the whole fleet."""
    if not settings.population.enabled:
        return []
    return [settings.topics.population, *([settings.topics.fingerprints] if settings.campaign_config else [])]


def population_post(
    app: DistillwatchApp, settings: Settings, deliveries: Deliveries, metrics: Metrics
) -> PopulationPost | None:
    """Return what posts for those who judge the whole fleet, if anybody does."""
    topics, source = settings.topics, settings.source
    if not settings.population.enabled:
        return None

    def post(key: bytes, value: bytes) -> None:
        deliveries.post(topics.population, key, value, partition=PARTITION)

    def post_fingerprint(partition: int, key: bytes, value: bytes) -> None:
        deliveries.post(topics.fingerprints, key, value, partition=partition)

    def post_mark(mark: Mark) -> None:
        post(*mark_record(mark))
        if fingerprints is not None:
            fingerprints.mark(mark)

    fingerprints = None
    if settings.campaign_config is not None:
        partitions = partial(partitions_of, app, topics.fingerprints)
        fingerprints = FingerprintPost(post_fingerprint, partitions, metrics.fingerprints)
    return PopulationPost(
        post,
        MarkPost(post_mark, settings.population.idle_seconds),
        None if source.keyed_by_tenant else lambda: _source_partitions(app, settings),
        fingerprints,
    )


def _source_partitions(app: DistillwatchApp, settings: Settings) -> dict[str, int]:
    return {source.topic: partitions_of(app, source.topic) for source in settings.all_sources.values()}


def template_stage(
    app: DistillwatchApp,
    table: StateTable,
    settings: Settings,
    judged: str,
    *,
    metrics: Metrics,
    on_step: OnStep,
) -> TemplateStage:
    """Return the stage that reads the fingerprint topic."""
    topics = settings.topics

    def new_state(partition: int) -> TemplateState:
        return TemplateState(
            partition,
            table.records,
            partitions=partitions_of(app, judged),
            most=share_of(app, settings, topics.fingerprints),
            memory_ms=int(settings.campaigns.memory_days * DAY_MS),
            metrics=metrics,
            clock=now_ms,
        )

    return TemplateStage(
        topics.fingerprints,
        new_state,
        deliveries_of(app),
        has_state=lambda partition: TP(topics.state, partition) in app.lane.assignment(),
        end_offsets=end_offsets_of(app),
        population=topics.population,
        dead_letters=topics.dead_letters,
        metrics=metrics,
        on_step=on_step,
    )


def population_stage(
    app: DistillwatchApp,
    table: StateTable,
    settings: Settings,
    judged: str,
    *,
    metrics: Metrics,
    annotate: Annotate,
    ready: Callable[[], Awaitable[None]],
    on_findings: Callable[[Sequence[CampaignFinding | Finding]], None] | None,
    on_step: OnStep,
) -> PopulationStage:
    """Return the stage that reads the population topic."""
    return PopulationStage(
        settings.topics.population,
        table.records,
        settings.detector,
        deliveries_of(app),
        campaigns=settings.campaign_config,
        start=settings.population.baseline,
        has_state=lambda: TP(settings.topics.state, PARTITION) in app.lane.assignment(),
        partitions=lambda: partitions_of(app, judged),
        end_offsets=end_offsets_of(app),
        alerts=settings.topics.alerts,
        dead_letters=settings.topics.dead_letters,
        metrics=metrics,
        annotate=annotate,
        ready=ready,
        on_findings=on_findings,
        on_step=on_step,
    )
