"""The Faust application: its settings, and a checkpoint wherever Faust would lose something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, cast

import faust
import structlog
from faust.tables.manager import TableManager
from faust.types import TP
from mode.supervisors import CrashingSupervisor
from mode.utils.times import want_seconds
from yarl import URL

from streams.connection import faust_credentials
from streams.dead_letters import OVERHEAD_BYTES
from streams.outbox import Outbox
from streams.pipeline import Pipeline
from streams.population_stage import PopulationStage
from streams.producer import OrderedProducer
from streams.record import Record
from streams.recovery import StrictTableManager
from streams.settings import Settings
from streams.state_table import StateTable
from streams.transport import BatchConsumer, BatchTransport

log = structlog.get_logger(__name__)

FETCH_BYTES = 1_048_576
SESSION_SECONDS = 10.0
REBALANCE_SECONDS = 60.0
STOP_SECONDS = 15.0


class DistillwatchApp(faust.App):
    """An application that commits by itself.

    Parameters
    ----------
    batch_topics, latest_topics
        See `streams.transport.BatchApp`.
    on_lost
        Told of records that were deleted before they were read.
    """

    logger = logging.getLogger("faust.app")

    def __init__(
        self,
        name: str,
        *,
        batch_topics: Iterable[str],
        latest_topics: Iterable[str],
        on_lost: Callable[[str, int], None],
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.batch_topics = frozenset(batch_topics)
        self.latest_topics = frozenset(latest_topics)
        self.on_lost = on_lost
        self.pipeline: Pipeline | None = None
        self.table: StateTable | None = None
        self.positions: Mapping[str, Callable[[int], int | None]] = {}
        """By batch topic, how far the state says that a partition was processed; nothing where it is lost."""
        self.population: PopulationStage | None = None

    @cached_property
    def outbox(self) -> Outbox:
        """By which all stages send."""
        return self.new_outbox(want_seconds(self.conf.producer_request_timeout))

    def new_outbox(self, patience: float) -> Outbox:
        """Return one with room of its own, for partitions to which nobody else sends; see `Outbox`."""
        return Outbox(cast("OrderedProducer", self.producer), patience)

    @property
    def lane(self) -> BatchConsumer:
        """The consumer, by its own type."""
        return cast("BatchConsumer", self.consumer)

    def hindrance(self) -> str:
        """Say what keeps the worker from reading: nothing when it reads, or has no partition to read."""
        if self.should_stop:
            return "stopping"
        if self.tables.actives_ready and self.lane.reads():
            return ""
        return "restoring state" if self.in_recovery else "waiting for partitions"

    def start_of(self, tp: TP, committed: int | None, first: int) -> int | None:
        """Return where to begin to read a partition.

        What the state knows counts. Where it knows nothing although records were read, it is lost, and is
        made anew from the records that there still are: else every tenant would be without its past.
        """
        if tp.topic not in self.positions:
            return committed
        known = self.positions[tp.topic](tp.partition)
        if known is not None or tp.topic in self.latest_topics:
            return committed if known is None else known
        if committed is not None and committed > first:
            log.warning("no state of a partition that was read: reading it again", **_place(tp), first=first)
        return first

    def restore(self, tp: TP, records: Iterable[Record]) -> None:
        """Take in records of the state topic."""
        if self.table is not None:
            self.table.records.restore(tp.partition, records)

    def restored_to(self, tp: TP, position: int) -> None:
        """Tell Faust's recovery, which waits for the last record before the end, that there may be none."""
        recovery = cast("TableManager", self.tables).recovery
        if tp in recovery.active_tps and (recovery.active_offsets.get(tp) or 0) < position - 1:
            recovery.active_offsets[tp] = position - 1

    def lost(self, tp: TP, count: int) -> None:
        """Say that records were deleted before they were read."""
        log.error(
            "records were deleted before they were read: raise the retention", **_place(tp), records=count
        )
        self.on_lost(tp.topic, count)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """Keep nothing on disk."""

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self._leave(REBALANCE_SECONDS / 2)
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Have the whole changelog read of every partition that we did not own a moment ago.

        Faust may remember an offset for such a partition, from a record that came too late when it left.
        """
        for tp in assigned - (self._assignment or set()):
            cast("TableManager", self.tables).recovery.revoke(tp)
        if self.table is not None:
            self.table.records.keep_only(tp.partition for tp in assigned if tp.topic == self._state_topic)
        log.info("partitions assigned", partitions=sorted(f"{tp.topic}-{tp.partition}" for tp in assigned))
        await super()._on_partitions_assigned(assigned, generation_id)

    def _crash(self, reason: BaseException) -> None:
        """Keep the first reason: what it brings down with it says only that it was brought down."""
        if self.pipeline is not None:
            self.pipeline.give_up()
        first = self.crash_reason
        super()._crash(reason if first is None or isinstance(first, asyncio.CancelledError) else first)

    async def on_stop(self) -> None:
        """Checkpoint while producer and consumer still run, unless we are stopping because of a failure."""
        if not self.crashed:
            await self._leave(STOP_SECONDS)
        await super().on_stop()

    async def _producer_flush(self, logger: Any) -> None:
        """Leave what a failed checkpoint gave up: nothing that depends on it was committed."""
        if not self.crashed:
            await super()._producer_flush(logger)

    @property
    def _state_topic(self) -> str | None:
        return self.table.changelog_topic_name if self.table is not None else None

    async def _leave(self, seconds: float) -> None:
        if self.pipeline is None or self.crashed:
            return
        self.lane.stop_flow()
        try:
            await self.pipeline.leave(seconds)
        except Exception as error:  # noqa: BLE001 - whatever it was, the worker must end
            await self.crash(error)


def _place(tp: TP) -> dict[str, Any]:
    return {"topic": tp.topic, "partition": tp.partition}


def new_app(
    settings: Settings,
    *,
    batch_topics: Iterable[str],
    latest_topics: Iterable[str],
    on_lost: Callable[[str, int], None],
) -> DistillwatchApp:
    """Make an application without agents; the parameters are those of `DistillwatchApp`.

    Nothing of Faust's that listens, creates topics, keeps files or restarts agents in silence is on.
    """
    return DistillwatchApp(
        settings.kafka.group,
        batch_topics=batch_topics,
        latest_topics=latest_topics,
        on_lost=on_lost,
        **_broker_options(settings),
        **_producer_options(settings),
        TableManager=StrictTableManager,
        agent_supervisor=CrashingSupervisor,
        autodiscover=False,
        cache="memory://",
        key_serializer="raw",
        reply_create_topic=False,
        store="memory://",
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
        web_enabled=False,
        web_router_enabled=False,
        web_tables_enabled=False,
    )


def _broker_options(settings: Settings) -> Mapping[str, Any]:
    kafka = settings.kafka
    session = min(SESSION_SECONDS, kafka.request_timeout)
    return {
        "broker": [URL(f"aiokafka://{server.strip()}") for server in kafka.bootstrap_servers.split(",")],
        "broker_credentials": faust_credentials(kafka),
        "broker_client_id": "distillwatch",
        "broker_commit_interval": REBALANCE_SECONDS,
        "broker_heartbeat_interval": session / 5,
        "broker_rebalance_timeout": REBALANCE_SECONDS,
        "broker_request_timeout": kafka.request_timeout,
        "broker_session_timeout": session,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": max(FETCH_BYTES, settings.max_record_bytes + OVERHEAD_BYTES),
    }


def _producer_options(settings: Settings) -> Mapping[str, Any]:
    # Every record that we can read we can also set aside, whole and with what was wrong.
    largest = max(settings.max_record_bytes, settings.state.max_snapshot_bytes)
    return {
        "producer_max_batch_size": 262_144,
        "producer_max_request_size": largest + OVERHEAD_BYTES,
        # A batch may not be given up before a checkpoint has given up waiting for it and ended the worker:
        # a hole in what we sent would look like something detect has seen.
        "producer_request_timeout": 4 * settings.kafka.request_timeout,
    }
