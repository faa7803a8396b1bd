"""A proposal in words, and as a piece of a settings file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from shlex import quote

from streams.report.facts import Facts
from streams.tuning.proposal import Proposal
from streams.tuning.verdicts import Verdict
from streams.tuning.weighing import Weighed
from streams.wording import day, shown, span


def tell(facts: Facts, run: Weighed, tried: Sequence[Weighed], proposal: Proposal) -> list[str]:
    """Return lines: what there was, what each of the tried settings changes, what is proposed."""
    rate = facts.alerts
    raised = f"{len(facts.cases)} alerts on tenants, {len(facts.campaigns)} campaigns"
    lines = [
        f"{_judged(facts)}: {raised}",
        f"Verdicts: {_counts(run.kept)}",
    ]
    if rate is not None:
        lines.append(
            f"Of their own past {rate.count} in {rate.days:,} tenant-days, {rate.realised:.2g} a day "
            f"(95%: {rate.low:.2g} to {rate.high:.2g}); the budget allows {rate.nominal:.2g} false ones"
        )
    lines += ["", *_table(run, tried), "", *_proposed(proposal)]
    return lines


def to_toml(facts: Facts, proposal: Proposal) -> str:
    """Return the proposed settings as TOML, each with its reason; overrides stand there as comments."""
    lines = [f"# Proposed by `distillwatch tune` from {_judged(facts)}."]
    if not proposal.changes:
        lines.append("# No setting is proposed to change.")
    sections: dict[str, list[str]] = {}
    for change in proposal.changes:
        section, _, name = change.setting.rpartition(".")
        sections.setdefault(section, []).append(f"# {change.why}; it was {change.before:g}")
        line = f"{name} = {change.value:g}"
        unsure = f"# provided that {change.provided}:", f"# {line}"
        sections[section] += unsure if change.provided else (line,)
    for section, body in sections.items():
        lines += ["", f"[{section}]", *body]
    if proposal.overrides:
        lines += ["", "# Tenants that should have a budget of their own:"]
        lines += [f"# {command}" for command in _commands(proposal)]
    return "\n".join(lines) + "\n"


def _judged(facts: Facts) -> str:
    summary = facts.summary
    days = f"{day(summary['first'])} to {day(summary['last'])}"
    return f"{summary['events']:,} requests of {summary['tenants']:,} tenants, {days}"


def _table(run: Weighed, tried: Sequence[Weighed]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [
        ("settings", "alerts", "right", "false", "no verdict", "dropped", "more", "right ones open")
    ]
    for one in (run, *tried):
        kept = [str(one.kept[verdict]) for verdict in (Verdict.RIGHT, Verdict.FALSE, Verdict.UNKNOWN)]
        moved = _counts(one.dropped) if one.dropped else "none", str(one.added), _delay(one)
        rows.append((one.settings or "as it was", str(one.alerts), *kept, *moved))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _proposed(proposal: Proposal) -> Iterator[str]:
    for change in proposal.changes:
        provided = f", provided that {change.provided}" if change.provided else ""
        yield f"Proposed{provided}: {change.setting} = {change.value:g}, not {change.before:g}: {change.why}."
    for override, command in zip(proposal.overrides, _commands(proposal), strict=True):
        yield f"Proposed for {shown(override.tenant)}: {override.why}. `{command}`"
    if not proposal.changes and not proposal.overrides:
        yield "Proposed: nothing."
    yield from proposal.remarks


def _commands(proposal: Proposal) -> Iterator[str]:
    for one in proposal.overrides:
        tenant = quote(shown(one.tenant))
        yield f"distillwatch control override {tenant} --budget-days {one.budget_days:g}"


def _counts(counts: Counter[Verdict]) -> str:
    names = {Verdict.RIGHT: "right", Verdict.FALSE: "false", Verdict.UNKNOWN: "without"}
    return (
        ", ".join(f"{counts[verdict]} {name}" for verdict, name in names.items() if counts[verdict]) or "none"
    )


def _delay(one: Weighed) -> str:
    if one.delay_ms is None:
        return "-"
    if one.delay_ms == 0:
        return "at once" if one.settings else "-"
    return f"{span(abs(one.delay_ms))} {'later' if one.delay_ms > 0 else 'earlier'}"
