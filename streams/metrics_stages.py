"""What the stages count: records, how long they take, how far behind they are."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.busy import Busy
from streams.dead_letters import DeadLetter
from streams.liveness import Liveness
from streams.reading import Batch

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 4, 16, 64, 128, 256, 512)


class StageMetrics:
    """The metrics of the stages, updated once a batch.

    Parameters
    ----------
    liveness
        Told of every batch.
    """

    def __init__(self, registry: CollectorRegistry, liveness: Liveness) -> None:
        self._liveness = liveness
        self._events = Counter(
            "distillwatch_events_total", "Records processed.", ["stage"], registry=registry
        )
        self._empty = Counter(
            "distillwatch_empty_records_total", "Records that hold no request.", ["stage"], registry=registry
        )
        self._dead = Counter(
            "distillwatch_dead_letters_total",
            "Records set aside.",
            ["stage", "format", "reason"],
            registry=registry,
        )
        self._skipped = Counter(
            "distillwatch_skipped_duplicates_total",
            "Records that had been counted before.",
            ["why"],
            registry=registry,
        )
        self._lost = Counter(
            "distillwatch_lost_records_total",
            "Records deleted before they were read.",
            ["topic"],
            registry=registry,
        )
        self._sizes = Histogram(
            "distillwatch_batch_size_records",
            "Records a chunk.",
            ["stage"],
            buckets=_SIZES,
            registry=registry,
        )
        self._seconds = Histogram(
            "distillwatch_stage_seconds",
            "Time to process a chunk.",
            ["stage"],
            buckets=SECONDS,
            registry=registry,
        )
        self._busy_ratio = Gauge(
            "distillwatch_stage_busy_ratio",
            "Share of the time that a stage is at work, smoothed.",
            ["stage"],
            registry=registry,
        )
        self._waiting = Gauge("distillwatch_lag_records", "Records known to wait unread.", registry=registry)
        self._topic_lag = Gauge(
            "distillwatch_topic_lag_records",
            "Records known to wait unread, by topic.",
            ["topic"],
            registry=registry,
        )
        self._event_time = Gauge(
            "distillwatch_last_event_timestamp_seconds",
            "Latest event time that was judged.",
            registry=registry,
        )
        self._lag = Gauge(
            "distillwatch_event_time_lag_seconds", "Wall clock minus latest event time.", registry=registry
        )
        self._lag.set_function(self._event_time_lag)
        self._silence = Gauge(
            "distillwatch_progress_age_seconds",
            "Time since the worker last got on or had nothing to do.",
            registry=registry,
        )
        self._silence.set_function(liveness.silence)
        self._last_event_ms = 0
        self._busy: defaultdict[str, Busy] = defaultdict(Busy)

    @contextmanager
    def batch(self, stage: str, size: int) -> Iterator[None]:
        """Time a chunk of `size` records."""
        started = time.perf_counter()
        yield
        worked = time.perf_counter() - started
        self._busy[stage].work(worked)
        self._seconds.labels(stage).observe(worked)
        self._sizes.labels(stage).observe(size)
        self._events.labels(stage).inc(size)
        self._liveness.progress()

    def looked(self, passed: float) -> None:
        """Note how busy the stages were, given the seconds since the last look."""
        for stage, busy in self._busy.items():
            self._busy_ratio.labels(stage).set(busy.look(passed))

    def read(self, stage: str, reading: Batch) -> None:
        """Count what was not understood or said nothing."""
        if reading.empty:
            self._empty.labels(stage).inc(reading.empty)
        for letter in reading.dead_letters:
            self.dead(letter)

    def dead(self, letter: DeadLetter) -> None:
        """Count a record that was set aside."""
        self._dead.labels(letter.stage, letter.format, letter.reason).inc()

    def skipped(self, why: str, count: int = 1) -> None:
        """Count records that were recognised as counted before."""
        if count:
            self._skipped.labels(why).inc(count)

    def reads(self, topics: Iterable[str]) -> None:
        """Name the topics that are read, so that the first loss is seen as a rise from 0."""
        for topic in topics:
            self._lost.labels(topic)

    def lost(self, topic: str, count: int) -> None:
        """Count records that were deleted before they were read."""
        self._lost.labels(topic).inc(count)

    def waiting(self, topics: Mapping[str, int]) -> None:
        """Note how many records wait unread in our partitions, by topic."""
        self._waiting.set(sum(topics.values()))
        for topic, records in topics.items():
            self._topic_lag.labels(topic).set(records)

    def event_time(self, milliseconds: int) -> None:
        """Note the latest event time of a partition."""
        self._last_event_ms = max(self._last_event_ms, milliseconds)
        self._event_time.set(self._last_event_ms / 1000)

    def _event_time_lag(self) -> float:
        return time.time() - self._last_event_ms / 1000 if self._last_event_ms else 0.0
