"""Puts a worker's parts together: settings in, a Faust application with its agents out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import faust
from faust.types import TP

from models.campaign.finding import CampaignFinding
from models.finding import Finding
from models.fleet import Fleet
from models.tenant import TenantModel
from models.warming import warm_up
from streams.app_control import Rules, is_ours, new_follower, new_rules
from streams.app_parts import DAY_MS, deliveries_of, end_offsets_of, now_ms, partitions_of, share_of
from streams.app_population import fleetwide_topics, population_post, population_stage, template_stage
from streams.batch_message import BatchMessage
from streams.checkpoint import Checkpointer
from streams.control_follower import Steered
from streams.deliveries import Deliveries
from streams.detect import Detect
from streams.faust_app import DistillwatchApp, new_app
from streams.intake import Intake
from streams.mark_post import MarkPost
from streams.metrics import Metrics
from streams.partition_state import PartitionState
from streams.pipeline import Pipeline
from streams.population_records import Mark, mark_record
from streams.reading import Reader, RequestReader, SketchReader
from streams.rest import Rest, Resting
from streams.settings import Settings
from streams.source_readers import request_readers
from streams.stage import Stage
from streams.standings import InLoop
from streams.state_table import StateTable
from streams.steps import OnStep, ignore
from streams.template_state import position_of
from streams.watch import Watch


@dataclass(frozen=True, slots=True)
class Hooks:
    """What somebody in the same process may want to see as it happens; called in the worker's thread.

    Parameters
    ----------
    on_findings
        The findings of a chunk, at least one.
    on_tenants
        The live tenants and their models, once a second; not to be changed, nor kept.
    on_step
        The steps of delivery as they are reached.
    """

    on_findings: Callable[[Sequence[CampaignFinding | Finding]], None] | None = None
    on_tenants: Callable[[Mapping[str, TenantModel]], None] | None = None
    on_step: OnStep = ignore


NO_HOOKS = Hooks()


def create_app(
    settings: Settings, metrics: Metrics | None = None, hooks: Hooks = NO_HOOKS
) -> DistillwatchApp:
    """Make the application of one worker; must be called where an event loop runs.

    Raises
    ------
    SettingsError
        The embedder or the format that the settings name does not exist.
    """
    warm_up()
    metrics = metrics or Metrics()
    metrics.budget(
        settings.detector.budget_days, settings.campaigns.false_per_day if settings.campaign_config else None
    )
    metrics.checkpoint_interval(settings.state.checkpoint_seconds)
    topics, sources = settings.topics, list(settings.all_sources.values())
    fused = settings.source.keyed_by_tenant
    judged = settings.source.topic if fused else topics.sketches
    app = new_app(
        settings,
        batch_topics={*(source.topic for source in sources), judged, *fleetwide_topics(settings)},
        latest_topics={source.topic for source in sources if source.start == "latest"},
        on_lost=metrics.lost,
    )
    requests = request_readers(settings)
    app.table = table = _table(app, settings, metrics)
    rules = new_rules(settings, metrics)
    steered: list[Steered] = [rules]
    follower = new_follower(settings, steered, metrics)
    reader: Reader = requests[judged] if fused else SketchReader()
    detect = _detect(
        app,
        table,
        settings,
        topic=judged,
        reader=reader,
        metrics=metrics,
        hooks=hooks,
        rules=rules,
        ready=follower.ready,
    )
    steered.append(detect)
    stages: dict[str, Stage] = {judged: detect}
    resting: list[Resting] = [detect]
    for topic, source_reader in () if fused else requests.items():
        stages[topic] = intake = _intake(app, topic, source_reader, settings, metrics=metrics, hooks=hooks)
        resting.append(intake)
    app.positions = {judged: table.records.position}
    if settings.population.enabled:
        compare = population_stage(
            app,
            table,
            settings,
            judged,
            metrics=metrics,
            annotate=rules.annotate,
            ready=follower.ready,
            on_findings=hooks.on_findings,
            on_step=hooks.on_step,
        )
        steered.append(compare)
        stages[topics.population] = app.population = compare
        app.positions = {**app.positions, topics.population: compare.position}
        app.task(Rest(app, resting).run)
    if settings.campaign_config is not None:
        stages[topics.fingerprints] = template_stage(
            app, table, settings, judged, metrics=metrics, on_step=hooks.on_step
        )
        known = partial(position_of, table.records)
        app.positions = {**app.positions, topics.fingerprints: known}
    app.pipeline = pipeline = _pipeline(
        app, settings, list(stages.values()), metrics=metrics, on_step=hooks.on_step
    )
    metrics.reads(stages)
    for topic, stage in stages.items():
        _agent(app, topic, stage, pipeline)
    metrics.named.name(settings.metrics.max_tenants, InLoop(detect.nearest))
    app.task(pipeline.checkpoint_for_ever)
    app.task(follower.run)
    app.task(Watch(app, metrics, detect.tenants, hooks.on_tenants).run)
    return app


def _intake(
    app: DistillwatchApp,
    topic: str,
    requests: RequestReader,
    settings: Settings,
    *,
    metrics: Metrics,
    hooks: Hooks,
) -> Intake:
    deliveries, sketches = deliveries_of(app), settings.topics.sketches

    def post(mark: Mark) -> None:
        key, value = mark_record(mark)
        for partition in range(partitions_of(app, sketches)):
            deliveries.post(sketches, key, value, partition=partition)

    population = settings.population
    return Intake(
        topic,
        requests,
        deliveries,
        sketches=sketches,
        dead_letters=settings.topics.dead_letters,
        metrics=metrics,
        marks=MarkPost(post, population.idle_seconds, topic=topic) if population.enabled else None,
        on_step=hooks.on_step,
    )


def _table(app: DistillwatchApp, settings: Settings, metrics: Metrics) -> StateTable:
    topic = app.topic(settings.topics.state, key_type=bytes, value_type=bytes, acks=False, allow_empty=True)
    table = StateTable(
        app,
        name="state",
        key_type=bytes,
        value_type=bytes,
        partitions=settings.topics.partitions,
        changelog_topic=topic,
        recovery_buffer_size=1000,
    )
    table.folder = settings.state.folder
    table.on_restored = metrics.restored
    app.tables.add(table)
    return table


def _detect(
    app: DistillwatchApp,
    table: StateTable,
    settings: Settings,
    *,
    topic: str,
    reader: Reader,
    metrics: Metrics,
    hooks: Hooks,
    rules: Rules,
    ready: Callable[[], Awaitable[None]],
) -> Detect:
    ttl_ms = int(settings.state.ttl_days * DAY_MS)

    def new_state(partition: int) -> PartitionState:
        share = share_of(app, settings, topic)
        return PartitionState(
            partition,
            table.records,
            lambda restore: Fleet(settings.detector, restore, share, ttl_ms, rules.steering),
            max_snapshot_bytes=settings.state.max_snapshot_bytes,
            ttl_ms=ttl_ms,
            metrics=metrics,
            clock=now_ms,
        )

    deliveries = deliveries_of(app)
    return Detect(
        topic,
        reader,
        new_state,
        end_offsets_of(app),
        deliveries,
        sources=[source.topic for source in settings.all_sources.values()],
        alerts=settings.topics.alerts,
        dead_letters=settings.topics.dead_letters,
        metrics=metrics,
        scores=settings.topics.scores,
        annotate=rules.annotate,
        is_ours=partial(is_ours, app, topic),
        ready=ready,
        population=population_post(app, settings, deliveries, metrics),
        known_time=lambda partition: min(table.records.time(partition), now_ms()),
        on_findings=hooks.on_findings,
        on_step=hooks.on_step,
    )


def _pipeline(
    app: DistillwatchApp,
    settings: Settings,
    stages: Sequence[Stage],
    *,
    metrics: Metrics,
    on_step: OnStep,
) -> Pipeline:
    async def commit(positions: Mapping[TP, int]) -> bool:
        return await app.lane.commit_positions(positions)

    checkpointer = Checkpointer(
        stages,
        Deliveries(app.new_outbox(settings.kafka.request_timeout)),
        commit,
        state_topic=settings.topics.state,
        timeout=settings.kafka.request_timeout,
        metrics=metrics,
        on_step=on_step,
    )
    return Pipeline(
        stages,
        checkpointer,
        seconds=settings.state.checkpoint_seconds,
        events=settings.state.checkpoint_events,
    )


def _agent(app: DistillwatchApp, topic: str, stage: Stage, pipeline: Pipeline) -> None:
    channel = app.topic(topic, key_type=bytes, value_type=bytes, acks=False)

    async def consume(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            batch = cast("BatchMessage", event.message)
            try:
                await pipeline.process(stage, batch)
            finally:
                app.lane.finish(batch)

    app.agent(channel, name=f"{type(stage).__name__.lower()}-{topic}")(consume)
