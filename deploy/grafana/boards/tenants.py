"""One tenant: its evidence against the threshold, its signals, its episodes."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builder

from boards.frame import board, filled, one_of
from boards.panels import (
    ORANGE,
    RED,
    THIRD,
    WHOLE,
    YELLOW,
    Panel,
    lines,
    logarithmic,
    number,
    query,
    rows,
    states,
    timeline,
)

ONE = 'tenant=~"$tenant",@'
SHARE = f"max(distillwatch_tenant_evidence{{{ONE}}} / distillwatch_tenant_threshold{{{ONE}}})"


def tenants() -> builder.Dashboard:
    """Return the dashboard."""
    everybody = 'label_values(distillwatch_tenant_evidence{job=~"$job",instance=~"$instance"}, tenant)'
    signals = 'label_values(distillwatch_tenant_signal_observed{job=~"$job",instance=~"$instance"}, signal)'
    made = board(
        "distillwatch-tenants",
        "distillwatch / Tenants",
        "One tenant: its evidence against the threshold, its signals, its episodes. Named are those nearest "
        "to an alert; all others stand under _other.",
        [one_of("tenant", everybody), one_of("signal", signals)],
    )
    return filled(made, {"The tenant": _tenant(), "Its signals": _signals(), "All that are named": _all()})


def _tenant() -> list[Panel]:
    standing = number(
        "Standing",
        "Where it stands in the life of an alert.",
        "none",
        query(f"max(distillwatch_tenant_state{{{ONE}}})"),
        span=THIRD,
    )
    return [
        standing.mappings([states()]),
        number(
            "Evidence",
            "As a share of what opens an alert.",
            "percentunit",
            query(SHARE),
            (0.01, YELLOW),
            (0.1, ORANGE),
            (1, RED),
            span=THIRD,
        ),
        number(
            "Threshold",
            "Evidence that opens an alert: the blocks of requests that it fills within its budget.",
            "short",
            query(f"max(distillwatch_tenant_threshold{{{ONE}}})"),
            span=THIRD,
        ),
        logarithmic(
            lines(
                "Evidence against the threshold",
                "An alert opens where the evidence reaches the threshold.",
                "short",
                query(f"max(distillwatch_tenant_evidence{{{ONE}}})", "evidence"),
                query(f"max(distillwatch_tenant_threshold{{{ONE}}})", "threshold"),
                span=WHOLE,
            )
        ),
        timeline(
            "Episodes",
            "Where it stood.",
            query(f"max by (tenant) (distillwatch_tenant_state{{{ONE}}})", "{{tenant}}"),
        ),
    ]


def _signals() -> list[Panel]:
    return [
        logarithmic(
            lines(
                "Evidence by signal",
                "What each says alone, as a share of what opens an alert. The rate never alerts alone.",
                "percentunit",
                query(
                    f"max by (signal) (distillwatch_tenant_signal_evidence_ratio{{{ONE}}})",
                    "{{signal}}",
                ),
            )
        ),
        lines(
            "Observed against expected: $signal",
            "In the signal's own unit, which the findings name.",
            "short",
            query(f'max(distillwatch_tenant_signal_observed{{signal=~"$signal",{ONE}}})', "observed"),
            query(f'max(distillwatch_tenant_signal_expected{{signal=~"$signal",{ONE}}})', "expected"),
        ),
        rows(
            "Signals now",
            "Observed (A), expected (B), and evidence as a share of what opens an alert (C).",
            query(f"max by (signal) (distillwatch_tenant_signal_observed{{{ONE}}})", instant=True),
            query(f"max by (signal) (distillwatch_tenant_signal_expected{{{ONE}}})", instant=True),
            query(f"max by (signal) (distillwatch_tenant_signal_evidence_ratio{{{ONE}}})", instant=True),
            span=WHOLE,
        ),
    ]


def _all() -> list[Panel]:
    share = "max by (tenant) (distillwatch_tenant_evidence{@} / distillwatch_tenant_threshold{@})"
    return [
        logarithmic(
            lines(
                "The ten nearest to an alert",
                "Evidence as a share of what opens an alert.",
                "percentunit",
                query(f"topk(10, {share})", "{{tenant}}", instant=False),
                span=16,
            )
        ),
        number(
            "Not named",
            "Tenants in memory under _other.",
            "short",
            query("sum(distillwatch_unnamed_tenants{@})"),
            span=THIRD,
        ),
        timeline(
            "Who alerts or is suspicious",
            "The named tenants that are more than normal.",
            query("max by (tenant) (distillwatch_tenant_state{@}) >= 2", "{{tenant}}"),
        ),
    ]
