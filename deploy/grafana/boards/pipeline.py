"""The pipeline's own performance: stages, checkpoints, state, process."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builder

from boards.frame import board, filled
from boards.panels import Panel, heat_map, lines, query


def pipeline() -> builder.Dashboard:
    """Return the dashboard."""
    made = board(
        "distillwatch-pipeline",
        "distillwatch / Pipeline",
        "The pipeline's own performance: stages, lag, checkpoints, state, process.",
    )
    every = {
        "Stages": _stages(),
        "Lag": _lag(),
        "Checkpoints and state": _state(),
        "Process": _process(),
    }
    return filled(made, every)


def _stages() -> list[Panel]:
    bucket = "rate(distillwatch_stage_seconds_bucket{@}[$__rate_interval])"
    size = "rate(distillwatch_batch_size_records_bucket{@}[$__rate_interval])"
    return [
        lines(
            "Records a second by worker",
            "Over all stages.",
            "cps",
            query("sum by (instance) (rate(distillwatch_events_total{@}[$__rate_interval]))", "{{instance}}"),
        ),
        lines(
            "How busy the stages are",
            "Share of the time at work; near 1 in sum for a worker, one more is due.",
            "percentunit",
            query("max by (instance, stage) (distillwatch_stage_busy_ratio{@})", "{{instance}} {{stage}}"),
        ),
        lines(
            "Time of a chunk",
            "Half of the chunks of a stage take no longer than its lower line, 99 in 100 than its upper.",
            "s",
            query(f"histogram_quantile(0.5, sum by (stage, le) ({bucket}))", "{{stage}} median"),
            query(f"histogram_quantile(0.99, sum by (stage, le) ({bucket}))", "{{stage}} 99%"),
        ),
        heat_map(
            "Time of a chunk, of all stages",
            "How many chunks took how long.",
            "s",
            query(f"sum by (le) ({bucket})", "{{le}}"),
        ),
        lines(
            "Records a chunk",
            "The median; large chunks are cheap, small ones are soon done.",
            "short",
            query(f"histogram_quantile(0.5, sum by (stage, le) ({size}))", "{{stage}}"),
        ),
        lines(
            "Not judged",
            "Records that had been counted before, by why, and those that say nothing.",
            "cps",
            query(
                "sum by (why) (rate(distillwatch_skipped_duplicates_total{@}[$__rate_interval]))", "{{why}}"
            ),
            query(
                "sum by (stage) (rate(distillwatch_empty_records_total{@}[$__rate_interval]))",
                "empty, {{stage}}",
            ),
        ),
    ]


def _lag() -> list[Panel]:
    return [
        lines(
            "Records waiting",
            "By topic.",
            "short",
            query("sum by (topic) (distillwatch_topic_lag_records{@})", "{{topic}}"),
        ),
        lines(
            "Behind the wall clock",
            "Wall clock minus the latest event time that was judged.",
            "s",
            query("max by (instance) (distillwatch_event_time_lag_seconds{@})", "{{instance}}"),
        ),
        lines(
            "Time without progress",
            "While records wait; the worker ends at worker.liveness_seconds.",
            "s",
            query("max by (instance) (distillwatch_progress_age_seconds{@})", "{{instance}}"),
        ),
        lines(
            "Records lost",
            "Deleted before they were read, by topic.",
            "short",
            query(
                "sum by (topic) (increase(distillwatch_lost_records_total{@}[$__rate_interval]))", "{{topic}}"
            ),
        ),
    ]


def _state() -> list[Panel]:
    took = "sum by (le) (rate(distillwatch_checkpoint_seconds_bucket{@}[$__rate_interval]))"
    return [
        lines(
            "Time of a checkpoint",
            "Judging goes on beside it; the longest pause is what it kept the stages from judging.",
            "s",
            query(f"histogram_quantile(0.5, {took})", "median"),
            query(f"histogram_quantile(0.99, {took})", "99%"),
            query("max(distillwatch_longest_pause_seconds{@})", "longest pause since the start"),
        ),
        lines(
            "Written to the state topic",
            "Bytes a second.",
            "Bps",
            query("sum(rate(distillwatch_checkpoint_bytes_total{@}[$__rate_interval]))", "bytes"),
        ),
        lines(
            "Age of the last checkpoint",
            "By worker, and the interval that the settings ask for.",
            "s",
            query(
                "time() - (max by (instance) (distillwatch_last_checkpoint_timestamp_seconds{@}) > 0)",
                "{{instance}}",
            ),
            query("max(distillwatch_checkpoint_interval_seconds{@})", "interval"),
        ),
        lines(
            "Snapshots refused",
            "Their tenants start cold; by why.",
            "short",
            query(
                "sum by (why) (increase(distillwatch_refused_snapshots_total{@}[$__rate_interval]))",
                "{{why}}",
            ),
        ),
        lines(
            "Tenants in memory",
            "By worker.",
            "short",
            query("sum by (instance) (distillwatch_live_tenants{@})", "{{instance}}"),
        ),
        lines(
            "Records restored a second",
            "Read from the state topic when partitions come.",
            "cps",
            query(
                "sum by (instance) (rate(distillwatch_restored_records_total{@}[$__rate_interval]))",
                "{{instance}}",
            ),
        ),
    ]


def _process() -> list[Panel]:
    return [
        lines(
            "Memory",
            "Resident, by worker.",
            "bytes",
            query("max by (instance) (process_resident_memory_bytes{@})", "{{instance}}"),
        ),
        lines(
            "Computing",
            "Cores in use, by worker.",
            "short",
            query("max by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))", "{{instance}}"),
        ),
        lines(
            "Open files and connections",
            "By worker.",
            "short",
            query("max by (instance) (process_open_fds{@})", "{{instance}}"),
        ),
        lines(
            "Time since the start",
            "A line that falls back to 0 is a restart.",
            "s",
            query("time() - max by (instance) (process_start_time_seconds{@})", "{{instance}}"),
        ),
    ]
