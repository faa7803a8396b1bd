"""The part of a worker that follows what operators change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faust.types import TP

from models.control.control import Control
from models.control.records import Change
from models.steering import Steering
from streams.annotate import Annotate
from streams.app_parts import partitions_of
from streams.control_consumer import ControlConsumer
from streams.control_follower import ControlFollower, Steered
from streams.faust_app import DistillwatchApp
from streams.metrics import Metrics
from streams.partitioner import partition_of
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Rules:
    """What all stages go by.

    Parameters
    ----------
    steering
        How tenants are judged.
    annotate
        How findings are said.
    """

    steering: Steering
    annotate: Annotate

    async def steer(self, control: Control, _fresh: Sequence[Change]) -> None:
        """Go by these changes from now on."""
        self.steering.follow(control)
        self.annotate.follow(control)


def new_rules(settings: Settings, metrics: Metrics) -> Rules:
    """Return rules that know of no change yet."""
    steering = Steering(settings.detector, score_ms=settings.scores.interval_ms)
    return Rules(steering, Annotate(metrics, shadow=settings.control.shadow))


def new_follower(settings: Settings, steered: Sequence[Steered], metrics: Metrics) -> ControlFollower:
    """Return what tells others of every change; to be called where an event loop runs."""
    consumer = ControlConsumer(settings.kafka, settings.topics.control) if settings.control.enabled else None
    return ControlFollower(consumer, steered, metrics)


def is_ours(app: DistillwatchApp, topic: str, tenant: str) -> bool:
    """Tell whether the partition of a topic to which a tenant's name belongs is ours."""
    partitions = partitions_of(app, topic)
    if not partitions:
        return False
    return TP(topic, partition_of(tenant.encode(), range(partitions), ())) in app.lane.assignment()
