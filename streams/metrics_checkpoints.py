"""What is counted of the state: checkpoints, snapshots, restores."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.liveness import Liveness
from streams.metrics_stages import SECONDS

REFUSALS = ("broken", "cold_start", "too_large")


class CheckpointMetrics:
    """The metrics of the state topic.

    Parameters
    ----------
    liveness
        Told of every restored record.
    """

    def __init__(self, registry: CollectorRegistry, liveness: Liveness) -> None:
        self._told = liveness
        self._took = Histogram(
            "distillwatch_checkpoint_seconds",
            "Time to write a checkpoint.",
            buckets=SECONDS,
            registry=registry,
        )
        self._pause = Gauge(
            "distillwatch_longest_pause_seconds",
            "Longest time that a checkpoint kept the stages from judging, since the start.",
            registry=registry,
        )
        self._written = Counter(
            "distillwatch_checkpoint_bytes_total", "Bytes written to the state topic.", registry=registry
        )
        self._complete = Gauge(
            "distillwatch_last_checkpoint_timestamp_seconds",
            "When the last checkpoint was complete.",
            registry=registry,
        )
        self._interval = Gauge(
            "distillwatch_checkpoint_interval_seconds",
            "Longest time between two checkpoints that the settings allow.",
            registry=registry,
        )
        self._restored = Counter(
            "distillwatch_restored_records_total", "Records read from the state topic.", registry=registry
        )
        self._refused = Counter(
            "distillwatch_refused_snapshots_total",
            "Snapshots not written or not used.",
            ["why"],
            registry=registry,
        )
        self._longest_pause = 0.0
        for why in REFUSALS:  # a counter that begins with its first event is not seen to rise
            self._refused.labels(why)

    def checkpoint_interval(self, seconds: float) -> None:
        """Note how often checkpoints are written at least."""
        self._interval.set(seconds)

    def checkpointed(self, seconds: float, size: int, pause: float) -> None:
        """Note a complete checkpoint of `size` bytes, and the longest time that nobody could judge for it."""
        self._longest_pause = max(self._longest_pause, pause)
        self._pause.set(self._longest_pause)
        self._took.observe(seconds)
        self._written.inc(size)
        self._complete.set_to_current_time()

    def restored(self, count: int, refused: int = 0) -> None:
        """Count records read from the state topic, and those of them that could not be used."""
        self._restored.inc(count)
        self.snapshot_refused("broken", refused)
        self._told.progress()

    def snapshot_refused(self, why: str, count: int = 1) -> None:
        """Count snapshots that were not written or not used."""
        if count:
            self._refused.labels(why).inc(count)
