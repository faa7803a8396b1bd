"""What a worker says about itself in numbers."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector

from streams.liveness import Liveness
from streams.metrics_checkpoints import CheckpointMetrics
from streams.metrics_control import ControlMetrics
from streams.metrics_fleetwide import FleetwideMetrics
from streams.metrics_stages import StageMetrics
from streams.metrics_tenants import TenantMetrics
from streams.tenant_collector import TenantCollector


class Metrics(StageMetrics, TenantMetrics, CheckpointMetrics, FleetwideMetrics, ControlMetrics):
    """The worker's metrics, a group a base class.

    Parameters
    ----------
    registry
        Where they are registered; one worker, one registry.
    liveness
        Told of every batch and every restored record.
    """

    def __init__(self, registry: CollectorRegistry | None = None, liveness: Liveness | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.liveness = liveness = liveness or Liveness(float("inf"))
        StageMetrics.__init__(self, registry, liveness)
        TenantMetrics.__init__(self, registry)
        CheckpointMetrics.__init__(self, registry, liveness)
        FleetwideMetrics.__init__(self, registry)
        ControlMetrics.__init__(self, registry)
        self.named = TenantCollector(registry)
        """The tenants that are named."""
        self._ready = Gauge(
            "distillwatch_ready", "Whether the worker reads, or has no partition to read.", registry=registry
        )
        self._build = Info("distillwatch_build", "What is running.", registry=registry)
        self._config = Info("distillwatch_config", "With which settings.", registry=registry)
        ProcessCollector(registry=registry)

    def build(self, **what: str) -> None:
        """State the versions that run."""
        self._build.info(what)

    def config(self, **what: str) -> None:
        """State the settings that tell workers apart, none of them a secret."""
        self._config.info(what)

    def ready(self, told: Callable[[], bool]) -> None:
        """Ask for the readiness whenever somebody asks us, in whatever thread."""
        self._ready.set_function(lambda: float(told()))
