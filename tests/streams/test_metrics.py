"""The metrics: exactly these, with exactly these labels."""

from __future__ import annotations

import time
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from models.campaign.finding import CampaignFinding
from models.episode import State
from models.finding import Activity, Severity
from streams.dead_letters import DeadLetter
from streams.liveness import Liveness
from streams.metrics import Metrics
from streams.metrics_tenants import kind_of
from tests.metric_names import registered

LABELS: dict[str, tuple[str, ...]] = {
    "distillwatch_alerting_tenants": (),
    "distillwatch_batch_size_records": ("stage",),
    "distillwatch_budget_seconds": (),
    "distillwatch_build_info": (),
    "distillwatch_campaign_budget_seconds": (),
    "distillwatch_campaign_closed_timestamp_seconds": (),
    "distillwatch_campaign_fingerprints_total": (),
    "distillwatch_campaign_late_fingerprints": (),
    "distillwatch_campaign_members": (),
    "distillwatch_campaign_open_campaigns": (),
    "distillwatch_campaign_shared_templates": (),
    "distillwatch_checkpoint_bytes_total": (),
    "distillwatch_checkpoint_interval_seconds": (),
    "distillwatch_checkpoint_seconds": (),
    "distillwatch_clean_tenant_seconds_total": (),
    "distillwatch_config_info": (),
    "distillwatch_control_changes": (),
    "distillwatch_control_refused_total": ("reason",),
    "distillwatch_dead_letters_total": ("stage", "format", "reason"),
    "distillwatch_empty_records_total": ("stage",),
    "distillwatch_event_time_lag_seconds": (),
    "distillwatch_events_total": ("stage",),
    "distillwatch_findings_total": ("activity", "severity", "kind"),
    "distillwatch_lag_records": (),
    "distillwatch_last_checkpoint_timestamp_seconds": (),
    "distillwatch_last_event_timestamp_seconds": (),
    "distillwatch_live_tenants": (),
    "distillwatch_longest_pause_seconds": (),
    "distillwatch_lost_records_total": ("topic",),
    "distillwatch_open_alerts": ("severity",),
    "distillwatch_population_accused_tenants": (),
    "distillwatch_population_closed_timestamp_seconds": (),
    "distillwatch_population_late_profiles": (),
    "distillwatch_population_open_alerts": (),
    "distillwatch_population_peers": (),
    "distillwatch_precision_ratio": ("signal",),
    "distillwatch_progress_age_seconds": (),
    "distillwatch_ready": (),
    "distillwatch_refused_snapshots_total": ("why",),
    "distillwatch_restored_records_total": (),
    "distillwatch_skipped_duplicates_total": ("why",),
    "distillwatch_stage_busy_ratio": ("stage",),
    "distillwatch_stage_seconds": ("stage",),
    "distillwatch_suppressions_total": ("outcome",),
    "distillwatch_suspicious_tenants": (),
    "distillwatch_tenant_evidence": ("tenant",),
    "distillwatch_tenant_signal_evidence_ratio": ("tenant", "signal"),
    "distillwatch_tenant_signal_expected": ("tenant", "signal"),
    "distillwatch_tenant_signal_observed": ("tenant", "signal"),
    "distillwatch_tenant_state": ("tenant",),
    "distillwatch_tenant_threshold": ("tenant",),
    "distillwatch_topic_lag_records": ("topic",),
    "distillwatch_unnamed_tenants": (),
    "distillwatch_verdicts": ("verdict", "signal"),
    "distillwatch_warming_tenants": (),
    "process_cpu_seconds_total": (),
    "process_max_fds": (),
    "process_open_fds": (),
    "process_resident_memory_bytes": (),
    "process_start_time_seconds": (),
    "process_virtual_memory_bytes": (),
}


def test_the_names_and_labels_are_these_and_no_others() -> None:
    assert {name: kind.labels for name, kind in registered().items()} == LABELS


def test_no_histogram_or_counter_names_a_tenant() -> None:
    named = {name: kind.type for name, kind in registered().items() if "tenant" in kind.labels}
    assert set(named.values()) == {"gauge"}


def finding(**fields: Any) -> Any:
    values = {"activity": Activity.CREATE, "severity": Severity.HIGH, "population": "", **fields}
    return SimpleNamespace(**values)


def get(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_findings_are_counted_by_what_they_are_about() -> None:
    metrics = Metrics()
    campaign = object.__new__(CampaignFinding)
    assert kind_of(campaign) == "campaign"
    metrics.found([finding(), finding(population="2026-1"), finding(activity=Activity.CLOSE)])
    counted = {
        kind: get(metrics, "distillwatch_findings_total", activity="create", severity="high", kind=kind)
        for kind in ("tenant", "newcomer")
    }
    assert counted == {"tenant": 1, "newcomer": 1}


def test_open_alerts_are_said_of_every_severity_from_the_start() -> None:
    metrics = Metrics()
    severities = ("medium", "high", "critical")
    read = [get(metrics, "distillwatch_open_alerts", severity=severity) for severity in severities]
    assert read == [0, 0, 0]
    metrics.open_alerts(Counter({Severity.HIGH: 2}))
    read = [get(metrics, "distillwatch_open_alerts", severity=severity) for severity in severities]
    assert read == [0, 2, 0]


def test_the_budgets_are_said_in_seconds() -> None:
    metrics = Metrics()
    metrics.budget(90, 0.03)
    assert get(metrics, "distillwatch_budget_seconds") == 90 * 86_400
    assert get(metrics, "distillwatch_campaign_budget_seconds") == pytest.approx(86_400 / 0.03)
    metrics = Metrics()
    metrics.budget(90, None)
    assert get(metrics, "distillwatch_campaign_budget_seconds") == 0


def test_tenants_are_counted_by_where_they_stand() -> None:
    metrics = Metrics()
    metrics.tenants(Counter({State.WARMING: 3, State.NORMAL: 2, State.ALERTING: 1}))
    assert get(metrics, "distillwatch_live_tenants") == 6
    assert get(metrics, "distillwatch_warming_tenants") == 3
    assert get(metrics, "distillwatch_alerting_tenants") == 1


def test_readiness_and_progress_are_asked_for_at_the_moment() -> None:
    now = 100.0
    metrics, said = Metrics(liveness=Liveness(10.0, lambda: now)), True
    metrics.ready(lambda: said)
    now += 7
    assert get(metrics, "distillwatch_progress_age_seconds") == 7
    assert get(metrics, "distillwatch_ready") == 1
    said = False
    assert get(metrics, "distillwatch_ready") == 0


def test_a_checkpoint_is_noted_with_its_time_size_and_longest_pause() -> None:
    metrics, before = Metrics(), time.time()
    metrics.checkpointed(0.2, 1000, 0.05)
    metrics.checkpointed(0.3, 500, 0.01)
    assert get(metrics, "distillwatch_checkpoint_bytes_total") == 1500
    assert get(metrics, "distillwatch_checkpoint_seconds_count") == 2
    assert get(metrics, "distillwatch_longest_pause_seconds") == 0.05
    complete = get(metrics, "distillwatch_last_checkpoint_timestamp_seconds")
    assert complete is not None
    assert complete >= before


def test_the_lag_is_said_by_topic_and_in_all() -> None:
    metrics = Metrics()
    metrics.waiting({"requests": 5, "sketches": 0})
    assert get(metrics, "distillwatch_lag_records") == 5
    assert get(metrics, "distillwatch_topic_lag_records", topic="requests") == 5
    metrics.waiting({"requests": 0, "sketches": 2})
    assert get(metrics, "distillwatch_topic_lag_records", topic="requests") == 0


def test_a_dead_letter_is_counted_by_its_reason() -> None:
    metrics = Metrics()
    metrics.dead(DeadLetter(None, b"", "not_json", "", "intake", "requests", 0, 0, "native"))
    metrics.read("intake", cast("Any", SimpleNamespace(empty=2, dead_letters=[])))
    assert (
        get(metrics, "distillwatch_dead_letters_total", stage="intake", format="native", reason="not_json")
        == 1
    )
    assert get(metrics, "distillwatch_empty_records_total", stage="intake") == 2


def test_the_settings_that_tell_workers_apart_are_said() -> None:
    metrics = Metrics()
    metrics.config(sha256="ab", group="blue", source="requests")
    labels = {"sha256": "ab", "group": "blue", "source": "requests"}
    assert get(metrics, "distillwatch_config_info", **labels) == 1
