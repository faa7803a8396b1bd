"""What a worker says of itself on `/status`: where it stands, and no tenant's name and no secret."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry

from streams.faust_app import DistillwatchApp
from streams.release import release
from streams.settings import Settings


class Status:
    """Knows the worker's application once there is one; may be asked from another thread.

    Parameters
    ----------
    registry
        Of the worker's metrics.
    """

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        # Secrets are masked in what is hashed: a digest of a short one could be guessed.
        self.config = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
        """SHA-256 of the settings."""
        self._registry = registry
        self.app: DistillwatchApp | None = None

    def hindrance(self) -> str:
        """Say what keeps the worker from reading; nothing when it reads, or has no partition to read."""
        return self.app.hindrance() if self.app else "starting"

    def report(self) -> dict[str, Any]:
        """Return what can be said, ready for JSON."""
        live = self._metric("distillwatch_live_tenants")
        return {
            "release": release(),
            "config_sha256": self.config,
            "ready": not self.hindrance(),
            "hindrance": self.hindrance() or None,
            "partitions": self._partitions(),
            "live_tenants": int(live or 0),
            "population": self._fleetwide("population"),
            "campaigns": self._fleetwide("campaigns"),
            "last_checkpoint_seconds": self._checkpoint_age(),
        }

    def _partitions(self) -> list[dict[str, Any]]:
        if self.app is None or self.hindrance():
            return []
        unread = self.app.lane.unread()
        return [
            {
                "topic": tp.topic,
                "partition": tp.partition,
                "position": position,
                "lag": unread.get(tp, 0),
            }
            for tp, position in sorted(self.app.lane.positions().items())
        ]

    def _fleetwide(self, what: str) -> Mapping[str, Any] | None:
        return self.app.population.reports.get(what) if self.app and self.app.population else None

    def _metric(self, name: str) -> float | None:
        """Return one number, without the cost of all the others."""
        found = self._registry.restricted_registry([name])
        return next((sample.value for metric in found.collect() for sample in metric.samples), None)

    def _checkpoint_age(self) -> float | None:
        at = self._metric("distillwatch_last_checkpoint_timestamp_seconds")
        return round(max(0.0, time.time() - at), 3) if at else None
