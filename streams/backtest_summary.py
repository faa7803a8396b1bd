"""What a backtest saw, as it is told to people and programs, and as it is kept while the backtest runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.campaign.finding import CampaignFinding
from models.finding import Activity, Finding, Severity
from streams.file_intake import Reject
from streams.missing_fields import missing_fields

SHOWN = 3
"""Places that are remembered of each kind of bad line."""

Counts = Counter[tuple[Activity, Severity]]


@dataclass(slots=True)
class Summary:
    """What a backtest saw; grows with the number of tenants and reasons, not of events.

    Parameters
    ----------
    events
        Judged requests.
    empty
        Blank lines.
    first, last
        The oldest and the newest event time, Unix milliseconds; 0 before the first event.
    findings
        How many about tenants, by activity and severity.
    campaigns
        The same about campaigns.
    missing
        How many requests did not bring a field, by its name.
    dead_letters
        How many lines, by reason.
    places
        The first lines of each reason, as `file:number`.
    """

    events: int = 0
    empty: int = 0
    first: int = 0
    last: int = 0
    tenants: set[bytes] = field(default_factory=set)
    findings: Counts = field(default_factory=Counter)
    campaigns: Counts = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)

    def count(self, finding: CampaignFinding | Finding) -> None:
        """Count a finding."""
        counts = self.campaigns if isinstance(finding, CampaignFinding) else self.findings
        counts[finding.activity, finding.severity] += 1

    def see(self, rows: Any) -> None:
        """Take note of requests: records of `models.core.layout.REQUEST`, at least one."""
        oldest, newest = int(rows["time"].min()), int(rows["time"].max())
        self.first = min(self.first or oldest, oldest)
        self.last = max(self.last, newest)
        self.missing.update(missing_fields(rows))

    def reject(self, reject: Reject) -> None:
        """Count a bad line."""
        self.dead_letters[reject.reason] += 1
        places = self.places.setdefault(reject.reason, [])
        if len(places) < SHOWN:
            places.append(f"{reject.file}:{reject.line}")


def keep_summary(summary: Summary) -> dict[str, Any]:
    """Return the summary as a JSON-ready object from which it can be made again."""
    return {
        "events": summary.events,
        "empty": summary.empty,
        "first": summary.first,
        "last": summary.last,
        "tenants": sorted(tenant.decode() for tenant in summary.tenants),
        "findings": _pairs(summary.findings),
        "campaigns": _pairs(summary.campaigns),
        "missing": summary.missing,
        "dead_letters": summary.dead_letters,
        "places": summary.places,
    }


def kept_summary(kept: dict[str, Any]) -> Summary:
    """Return the summary that `keep_summary` was given."""
    return Summary(
        events=kept["events"],
        empty=kept["empty"],
        first=kept["first"],
        last=kept["last"],
        tenants={tenant.encode() for tenant in kept["tenants"]},
        findings=_counter(kept["findings"]),
        campaigns=_counter(kept["campaigns"]),
        missing=Counter(kept["missing"]),
        dead_letters=Counter(kept["dead_letters"]),
        places=kept["places"],
    )


def summary_record(summary: Summary, seconds: float) -> dict[str, object]:
    """The summary for programs."""
    return {
        "events": summary.events,
        "tenants": len(summary.tenants),
        "blank_lines": summary.empty,
        "first": summary.first,
        "last": summary.last,
        "seconds": round(seconds, 3),
        "findings": _counts(summary.findings),
        "campaigns": _counts(summary.campaigns),
        "missing": dict(summary.missing.most_common()),
        "dead_letters": [
            {"reason": reason, "count": count, "first": summary.places[reason]}
            for reason, count in sorted(summary.dead_letters.items())
        ],
    }


def summary_text(summary: Summary, seconds: float) -> str:
    """The summary for people."""
    rate = summary.events / max(seconds, 1e-9)
    tenants = len(summary.tenants)
    text = [f"{summary.events:,} events of {tenants:,} tenants in {seconds:.1f} s ({rate:,.0f} a second)"]
    produced = (summary.last - summary.first) / 1000
    if produced > seconds:
        text.append(f"  {produced / max(seconds, 1e-9):,.0f} times as fast as they were produced")
    for kind, findings in (("", summary.findings), (" campaigns", summary.campaigns)):
        for (activity, severity), count in sorted(findings.items()):
            text.append(f"  {activity.name.lower():<7} {severity.name.lower():<13} {count:>7,}{kind}")
    if not summary.findings and not summary.campaigns:
        text.append("  no findings")
    for reason, count in sorted(summary.dead_letters.items()):
        places = summary.places[reason]
        more = ", ..." if count > len(places) else ""
        text.append(f"  dead letters: {count:,} {reason} ({', '.join(places)}{more})")
    if summary.empty:
        text.append(f"  blank lines left out: {summary.empty:,}")
    return "\n".join(text)


def to_json(value: object) -> bytes:
    """Return a JSON-ready object as bytes for people to read."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _counts(findings: Counts) -> list[dict[str, object]]:
    return [
        {"activity": activity.name.lower(), "severity": severity.name.lower(), "count": count}
        for (activity, severity), count in sorted(findings.items())
    ]


def _pairs(findings: Counts) -> list[tuple[int, int, int]]:
    return [(int(activity), int(severity), count) for (activity, severity), count in findings.items()]


def _counter(pairs: list[tuple[int, int, int]]) -> Counts:
    return Counter({(Activity(activity), Severity(severity)): count for activity, severity, count in pairs})
