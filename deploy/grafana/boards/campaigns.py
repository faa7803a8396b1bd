"""What is judged for the whole fleet: campaigns of many accounts, and newcomers among their peers."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builder

from boards.frame import board, filled
from boards.panels import ORANGE, RED, Panel, lines, number, query


def campaigns() -> builder.Dashboard:
    """Return the dashboard."""
    made = board(
        "distillwatch-campaigns",
        "distillwatch / Campaigns and newcomers",
        "Accounts that harvest together, and new tenants compared with their peers. One worker of the group "
        "judges them; the alert topic names the accounts.",
    )
    return filled(made, {"Campaigns": _campaigns(), "Newcomers": _newcomers()})


def _said_of(kind: str) -> str:
    said = f'distillwatch_findings_total{{kind="{kind}",@}}[$__rate_interval]'
    return f"sum by (activity) (increase({said}))"


def _campaigns() -> list[Panel]:
    opened = 'sum(increase(distillwatch_findings_total{activity="create",kind="campaign",@}[$__range]))'
    return [
        number(
            "Open campaigns",
            "Groups of accounts that harvest together.",
            "short",
            query("sum(distillwatch_campaign_open_campaigns{@})"),
            (1, RED),
        ),
        number(
            "Accounts named",
            "Members of the open campaigns.",
            "short",
            query("sum(distillwatch_campaign_members{@})"),
            (1, ORANGE),
        ),
        number(
            "Shared templates",
            "Known templates that tenants share.",
            "short",
            query("sum(distillwatch_campaign_shared_templates{@})"),
        ),
        number(
            "Opened",
            "Campaigns opened in the time that is shown.",
            "short",
            query(opened),
        ),
        number(
            "One false in",
            "Event time of the fleet in which the budget allows one campaign to be opened falsely.",
            "s",
            query("max(distillwatch_campaign_budget_seconds{@})"),
        ),
        number(
            "Judged until",
            "Event time up to which campaigns are judged.",
            "dateTimeAsIso",
            query("max(distillwatch_campaign_closed_timestamp_seconds{@}) * 1000"),
        ),
        lines(
            "Accounts in open campaigns",
            "A campaign that grows is at work.",
            "short",
            query("sum(distillwatch_campaign_members{@})", "accounts"),
            query("sum(distillwatch_campaign_open_campaigns{@})", "campaigns"),
        ),
        lines(
            "What is said of campaigns",
            "Opened, updated with accounts that joined, closed.",
            "short",
            query(
                _said_of("campaign"),
                "{{activity}}",
            ),
        ),
        lines(
            "Uses of templates that are compared, a second",
            "What detect tells of the use of templates.",
            "cps",
            query("sum(rate(distillwatch_campaign_fingerprints_total{@}[$__rate_interval]))", "fingerprints"),
        ),
        lines(
            "Too late to be judged",
            "Uses of templates, and profiles of newcomers.",
            "short",
            query("sum(distillwatch_campaign_late_fingerprints{@})", "fingerprints"),
            query("sum(distillwatch_population_late_profiles{@})", "profiles"),
        ),
    ]


def _newcomers() -> list[Panel]:
    return [
        number(
            "Peers",
            "Tenants of the youngest age that newcomers are compared with; some hundred are good.",
            "short",
            query("sum(distillwatch_population_peers{@})"),
            span=6,
        ),
        number(
            "Open alerts",
            "Newcomers with an open alert.",
            "short",
            query("sum(distillwatch_population_open_alerts{@})"),
            (1, ORANGE),
            span=6,
        ),
        number(
            "Ever accused",
            "As far back as is remembered.",
            "short",
            query("sum(distillwatch_population_accused_tenants{@})"),
            span=6,
        ),
        number(
            "Newcomers judged until",
            "Event time up to which newcomers are judged.",
            "dateTimeAsIso",
            query("max(distillwatch_population_closed_timestamp_seconds{@}) * 1000"),
            span=6,
        ),
        lines(
            "Behind the tenants' own judgement",
            "Event time between what single tenants and what the whole fleet is judged by.",
            "s",
            query(
                "max(distillwatch_last_event_timestamp_seconds{@})"
                " - max(distillwatch_population_closed_timestamp_seconds{@})",
                "behind",
            ),
        ),
        lines(
            "What is said of newcomers",
            "Alerts opened, updated, closed.",
            "short",
            query(
                _said_of("newcomer"),
                "{{activity}}",
            ),
        ),
    ]
