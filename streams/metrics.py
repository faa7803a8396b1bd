"""What a worker says about itself in numbers; no tenant is named in any of them."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from models.campaign.campaigns import Campaigns
from models.campaign.finding import CampaignFinding
from models.control.annotation import Annotation
from models.control.control import Control
from models.episode import State
from models.finding import Finding
from models.population.newcomers import Newcomers
from streams.busy import Busy
from streams.dead_letters import DeadLetter
from streams.liveness import Liveness
from streams.reading import Batch

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 4, 16, 64, 128, 256, 512)


class Metrics:
    """The worker's metrics, updated once a batch.

    Parameters
    ----------
    registry
        Where they are registered; one worker, one registry.
    liveness
        Told of every batch and every restored record.
    """

    def __init__(self, registry: CollectorRegistry | None = None, liveness: Liveness | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.liveness = liveness or Liveness(float("inf"))
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        self._events = counter("distillwatch_events_total", "Records processed.", ["stage"])
        self._empty = counter("distillwatch_empty_records_total", "Records that hold no request.", ["stage"])
        self._dead = counter(
            "distillwatch_dead_letters_total", "Records set aside.", ["stage", "format", "reason"]
        )
        self._skipped = counter(
            "distillwatch_skipped_duplicates_total", "Records that had been counted before.", ["why"]
        )
        self._sizes = histogram(
            "distillwatch_batch_size_records", "Records a chunk.", ["stage"], buckets=_SIZES
        )
        self._seconds = histogram(
            "distillwatch_stage_seconds", "Time to process a chunk.", ["stage"], buckets=_SECONDS
        )
        self._busy_ratio = gauge(
            "distillwatch_stage_busy_ratio", "Share of the time that a stage is at work, smoothed.", ["stage"]
        )
        self._live = gauge("distillwatch_live_tenants", "Tenants in memory.")
        self._warming = gauge("distillwatch_warming_tenants", "Tenants in memory without enough history yet.")
        self._suspicious = gauge(
            "distillwatch_suspicious_tenants", "Tenants in memory whose evidence is too high to learn."
        )
        self._alerting = gauge("distillwatch_alerting_tenants", "Tenants in memory with an open episode.")
        self._budget = gauge(
            "distillwatch_budget_days", "Days of a tenant in which one false alert is allowed."
        )
        self._findings = counter("distillwatch_findings_total", "Findings.", ["activity", "severity"])
        self._refused = counter(
            "distillwatch_refused_snapshots_total", "Snapshots not written or not used.", ["why"]
        )
        self._checkpoint_seconds = histogram(
            "distillwatch_checkpoint_seconds", "Time to write a checkpoint.", buckets=_SECONDS
        )
        self._pause = gauge(
            "distillwatch_longest_pause_seconds",
            "Longest time that a checkpoint kept the stages from judging, since the start.",
        )
        self._checkpoint_bytes = counter(
            "distillwatch_checkpoint_bytes_total", "Bytes written to the state topic."
        )
        self._checkpoint_time = gauge(
            "distillwatch_last_checkpoint_timestamp_seconds", "When the last checkpoint was complete."
        )
        self._event_time = gauge(
            "distillwatch_last_event_timestamp_seconds", "Latest event time that was judged."
        )
        self._lag = gauge("distillwatch_event_time_lag_seconds", "Wall clock minus latest event time.")
        self._lag.set_function(self._event_time_lag)
        self._restored = counter("distillwatch_restored_records_total", "Records read from the state topic.")
        self._lost = counter(
            "distillwatch_lost_records_total", "Records deleted before they were read.", ["topic"]
        )
        self._waiting = gauge("distillwatch_lag_records", "Records known to wait unread.")
        self._peers = gauge("distillwatch_population_peers", "Tenants that newcomers are compared with.")
        self._compared = gauge(
            "distillwatch_population_closed_timestamp_seconds", "Event time up to which newcomers are judged."
        )
        self._late = gauge(
            "distillwatch_population_late_profiles", "Profiles that came too late, or when too many waited."
        )
        self._accused = gauge("distillwatch_population_accused_tenants", "Newcomers that were accused.")
        self._fingerprints = counter(
            "distillwatch_campaign_fingerprints_total", "Uses of templates that were told to be compared."
        )
        self._open = gauge("distillwatch_campaign_open_campaigns", "Campaigns that are open.")
        self._members = gauge("distillwatch_campaign_members", "Accounts that campaigns name.")
        self._shared = gauge("distillwatch_campaign_shared_templates", "Known templates that tenants share.")
        self._judged = gauge(
            "distillwatch_campaign_closed_timestamp_seconds", "Event time up to which campaigns are judged."
        )
        self._missed = gauge(
            "distillwatch_campaign_late_fingerprints", "Fingerprints that came too late to be judged."
        )
        self._control_refused = counter(
            "distillwatch_control_refused_total", "Control records that changed nothing.", ["reason"]
        )
        self._changes = gauge("distillwatch_control_changes", "Changes by operators that are known.")
        self._suppressions = counter(
            "distillwatch_suppressions_total", "Findings that a rule fits.", ["outcome"]
        )
        self._verdicts = gauge(
            "distillwatch_verdicts",
            "Findings with a verdict; the same on every worker.",
            ["verdict", "signal"],
        )
        self._precision = gauge(
            "distillwatch_precision_ratio",
            "True positives among the verdicts but test; the same on every worker.",
            ["signal"],
        )
        self._build = Info("distillwatch_build", "What is running.", registry=self.registry)
        self._last_event_ms = 0
        self._busy: defaultdict[str, Busy] = defaultdict(Busy)
        self._longest_pause = 0.0

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
        self.liveness.progress()

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

    def skipped(self, why: str, count: int = 1) -> None:
        """Count records that were recognised as counted before."""
        if count:
            self._skipped.labels(why).inc(count)

    def found(self, findings: Sequence[Finding | CampaignFinding]) -> None:
        """Count findings."""
        for finding in findings:
            self._findings.labels(finding.activity.name.lower(), finding.severity.name.lower()).inc()

    def event_time(self, milliseconds: int) -> None:
        """Note the latest event time of a partition."""
        self._last_event_ms = max(self._last_event_ms, milliseconds)
        self._event_time.set(self._last_event_ms / 1000)

    def tenants(self, states: Tally[State]) -> None:
        """Note the tenants in memory, by where they stand."""
        self._live.set(states.total())
        self._warming.set(states[State.WARMING])
        self._suspicious.set(states[State.SUSPICIOUS])
        self._alerting.set(states[State.ALERTING])

    def budget(self, days: float) -> None:
        """Note the stated false-alarm budget."""
        self._budget.set(days)

    def snapshot_refused(self, why: str, count: int = 1) -> None:
        """Count snapshots that were not written or not used."""
        if count:
            self._refused.labels(why).inc(count)

    def checkpointed(self, seconds: float, size: int, pause: float) -> None:
        """Note a complete checkpoint of `size` bytes, and the longest time that nobody could judge for it."""
        self._longest_pause = max(self._longest_pause, pause)
        self._pause.set(self._longest_pause)
        self._checkpoint_seconds.observe(seconds)
        self._checkpoint_bytes.inc(size)
        self._checkpoint_time.set_to_current_time()

    def restored(self, count: int, refused: int = 0) -> None:
        """Count records read from the state topic, and those of them that could not be used."""
        self._restored.inc(count)
        self.snapshot_refused("broken", refused)
        self.liveness.progress()

    def lost(self, topic: str, count: int) -> None:
        """Count records that were deleted before they were read."""
        self._lost.labels(topic).inc(count)

    def waiting(self, records: int) -> None:
        """Note how many records wait unread."""
        self._waiting.set(records)

    def dead(self, letter: DeadLetter) -> None:
        """Count a record that was set aside."""
        self._dead.labels(letter.stage, letter.format, letter.reason).inc()

    def population(self, newcomers: Newcomers | None) -> None:
        """Note how the baseline is; nothing where another worker has it."""
        self._peers.set(newcomers.peers if newcomers else 0)
        self._compared.set(newcomers.closed / 1000 if newcomers else 0)
        self._late.set(newcomers.late if newcomers else 0)
        self._accused.set(newcomers.accused if newcomers else 0)

    def fingerprints(self, count: int) -> None:
        """Count fingerprints that were posted."""
        self._fingerprints.inc(count)

    def campaigns(self, campaigns: Campaigns | None) -> None:
        """Note how the search for campaigns is; nothing where another worker has it."""
        self._open.set(campaigns.open if campaigns else 0)
        self._members.set(campaigns.members if campaigns else 0)
        self._shared.set(campaigns.templates if campaigns else 0)
        self._judged.set(campaigns.closed / 1000 if campaigns else 0)
        self._missed.set(campaigns.late if campaigns else 0)

    def control(self, control: Control) -> None:
        """Note what operators have said; every worker shows the same."""
        self._changes.set(len(control.changes))
        self._verdicts.clear()
        for (verdict, signal), count in control.tally.items():
            self._verdicts.labels(verdict.value, signal).set(count)
        self._precision.clear()
        for signal, share in control.precision.items():
            self._precision.labels(signal).set(share)

    def control_refused(self, reason: str) -> None:
        """Count a control record that was refused."""
        self._control_refused.labels(reason).inc()

    def annotated(self, annotation: Annotation) -> None:
        """Count a finding that rules fit: `matched` by any, `suppressed` by one that is no dry run."""
        if annotation.suppressed_by or annotation.would_suppress:
            self._suppressions.labels("matched").inc()
        if annotation.suppressed_by:
            self._suppressions.labels("suppressed").inc()

    def build(self, **what: str) -> None:
        """State the versions that run."""
        self._build.info(what)

    def _event_time_lag(self) -> float:
        return time.time() - self._last_event_ms / 1000 if self._last_event_ms else 0.0
