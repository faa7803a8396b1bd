"""What all stages of a worker ask of the application."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from faust.types import TP

from streams.deliveries import Deliveries
from streams.detect import EndOffsets
from streams.faust_app import DistillwatchApp
from streams.settings import Settings

DAY_MS = 86_400_000


def deliveries_of(app: DistillwatchApp) -> Deliveries:
    """Return what one stage sends by."""
    return Deliveries(app.outbox)


def partitions_of(app: DistillwatchApp, topic: str) -> int:
    """Return how many partitions a topic has that we read; 0 where nobody knows yet."""
    return app.lane.topic_partitions(topic) or 0


def end_offsets_of(app: DistillwatchApp) -> EndOffsets:
    """Return what asks the broker where partitions end."""

    async def end_offsets(partitions: Sequence[TP]) -> Mapping[TP, int]:
        ends: Mapping[TP, int] = await app.lane.highwaters(*partitions)
        return ends

    return end_offsets


def share_of(app: DistillwatchApp, settings: Settings, topic: str) -> int:
    """Return how many tenants, or templates, each of our partitions of a topic may keep in memory."""
    owned = sum(1 for tp in app.lane.assignment() if tp.topic == topic)
    return max(1, settings.state.max_tenants // max(1, owned))


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return int(time.time() * 1000)
