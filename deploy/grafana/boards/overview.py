"""The dashboard to begin with: the fleet, what was found, and whether the detector is well."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builder

from boards.frame import board, filled
from boards.panels import (
    HALF,
    ORANGE,
    RED,
    YELLOW,
    Panel,
    bars,
    lines,
    number,
    query,
    rows,
)


def overview() -> builder.Dashboard:
    """Return the dashboard."""
    made = board(
        "distillwatch-overview",
        "distillwatch / Overview",
        "The fleet, what was found, and whether the detector is well.",
    )
    return filled(made, {"Fleet": _fleet(), "Findings": _findings(), "Health": _health()})


def _fleet() -> list[Panel]:
    return [
        number(title, description, "short", query(f"sum({metric}{{@}})"), *steps)
        for title, description, metric, *steps in _FLEET
    ]


_FLEET = (
    ("Tenants in memory", "Those that asked of late.", "distillwatch_live_tenants"),
    ("Warming", "Without enough history yet to be judged.", "distillwatch_warming_tenants"),
    (
        "Suspicious",
        "Their evidence is too high to learn from them, and too low for an alert.",
        "distillwatch_suspicious_tenants",
    ),
    (
        "Open alerts",
        "Tenants with an open alert; the dashboard of tenants names them.",
        "distillwatch_open_alerts",
        (1, ORANGE),
    ),
    (
        "Newcomers with an alert",
        "New tenants that look like an extraction among their peers.",
        "distillwatch_population_open_alerts",
        (1, ORANGE),
    ),
    (
        "Open campaigns",
        "Groups of accounts that harvest together.",
        "distillwatch_campaign_open_campaigns",
        (1, RED),
    ),
)


def _findings() -> list[Panel]:
    opened = 'sum(increase(distillwatch_findings_total{activity="create",kind="tenant",@}[7d]))'
    watched = "sum(increase(distillwatch_clean_tenant_seconds_total{@}[7d]))"
    allowed = f"({watched} / max(distillwatch_budget_seconds{{@}}))"
    share = "distillwatch_tenant_evidence{@} / distillwatch_tenant_threshold{@}"
    return [
        lines(
            "Open alerts by severity",
            "Tenants in memory with an open alert, by the severity that was stated last.",
            "short",
            query("sum by (severity) (distillwatch_open_alerts{@})", "{{severity}}"),
        ),
        bars(
            "Nearest to an alert",
            "Evidence as a share of what opens an alert. `_other` stands for all tenants that are not named.",
            "percentunit",
            query(
                f"topk(10, max by (tenant) ({share}))",
                "{{tenant}}",
                instant=True,
            ),
            (0.01, YELLOW),
            (1, RED),
        ),
        lines(
            "Findings",
            "Alerts that were opened, updated and closed, by what they are about.",
            "short",
            query(
                "sum by (kind, activity) (increase(distillwatch_findings_total{@}[$__rate_interval]))",
                "{{kind}} {{activity}}",
            ),
        ),
        lines(
            "Alerts against the budget, of a week",
            "Alerts that were opened, and false ones that the budget allows for the time that tenants were "
            "watched. Opened ones may be true: it is an upper bound.",
            "short",
            query(opened, "opened"),
            query(allowed, "allowed"),
        ),
    ]


def _health() -> list[Panel]:
    return [
        number(
            "Workers that read",
            "Ready workers.",
            "short",
            query("sum(distillwatch_ready{@})"),
            span=HALF // 2,
        ),
        number(
            "Records waiting",
            "Over all topics.",
            "short",
            query("sum(distillwatch_lag_records{@})"),
            (10_000, ORANGE),
            span=HALF // 2,
        ),
        number(
            "Behind the wall clock",
            "The worker that is furthest behind; a replay of past events is behind by nature.",
            "s",
            query("max(distillwatch_event_time_lag_seconds{@})"),
            (900, ORANGE),
            span=HALF // 2,
        ),
        number(
            "Oldest checkpoint",
            "What a crash of that worker would repeat.",
            "s",
            query("max(time() - (distillwatch_last_checkpoint_timestamp_seconds{@} > 0))"),
            (120, ORANGE),
            (600, RED),
            span=HALF // 2,
        ),
        lines(
            "Records a second",
            "By stage.",
            "cps",
            query("sum by (stage) (rate(distillwatch_events_total{@}[$__rate_interval]))", "{{stage}}"),
        ),
        lines(
            "Dead letters a second",
            "Records that could not be understood, by stage and reason.",
            "cps",
            query(
                "sum by (stage, reason) (rate(distillwatch_dead_letters_total{@}[$__rate_interval]))",
                "{{stage}} {{reason}}",
            ),
        ),
        rows(
            "Releases",
            "What each worker runs.",
            query("distillwatch_build_info{@}", instant=True),
        ),
        rows(
            "Settings",
            "The digest is equal on workers with equal settings.",
            query("distillwatch_config_info{@}", instant=True),
        ),
    ]
