"""What is proposed, with its reasons; where the figures do not allow to say anything, nothing is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.autocorrelation import block_for
from streams.case import Case
from streams.report.facts import Facts
from streams.report.rates import Rate
from streams.tuning.verdicts import Verdict
from streams.tuning.weighing import Weighed

FEW = 10
"""Verdicts below which a proposal is no more than a hint."""

NOISY = 2
"""False alerts on one tenant that make a case for an override."""

OVERRIDE_TIMES = 4.0
"""How much larger a noisy tenant's budget of days is made."""

BUDGET = "detector.budget_days"
_BLOCKS = {
    "detector.block_requests": ("request shape", "novelty"),
    "detector.entropy_block_requests": ("topic entropy", "habits"),
}
"""Which signals are averaged over which block."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that should have another value.

    Parameters
    ----------
    setting
        Its dotted name.
    value, before
        What is proposed, and what it was.
    why
        One sentence.
    provided
        What has to be true for it, that nobody has said yet; empty where nothing has.
    """

    setting: str
    value: float
    before: float
    why: str
    provided: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A tenant that should have a budget of its own."""

    tenant: str
    budget_days: float
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """All of it.

    Parameters
    ----------
    remarks
        What else is to be said: how much the figures are worth, and what should be tried.
    """

    changes: list[Change] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def propose(
    facts: Facts, run: Weighed, tried: Sequence[Weighed], verdicts: Mapping[str, Verdict]
) -> Proposal:
    """Return what the backtest and the verdicts speak for."""
    proposal = Proposal()
    known = sum(count for verdict, count in run.kept.items() if verdict is not Verdict.UNKNOWN)
    if verdicts and known < FEW:
        detail = "a hint and no more: one other verdict may turn it round"
        proposal.remarks.append(f"Only {known} of the alerts have a verdict. What follows is {detail}.")
    stray = len(set(verdicts) - {case.uid for case in [*facts.cases, *facts.campaigns]})
    if stray:
        proposal.remarks.append(f"{stray} verdicts are about findings that this backtest did not make.")
    if known:
        _by_verdicts(proposal, facts, run, tried)
    else:
        _by_rate(proposal, facts, tried)
    _blocks(proposal, facts, tried)
    _overrides(proposal, facts, verdicts)
    return proposal


def _by_verdicts(proposal: Proposal, facts: Facts, run: Weighed, tried: Sequence[Weighed]) -> None:
    """Propose the tried budget that keeps all that were right with the fewest false ones."""
    before = facts.budget_days
    candidates = {before: run} | {_budget(one): one for one in tried if _is_budget(one)}
    keeping = {days: one for days, one in candidates.items() if not one.dropped[Verdict.RIGHT]}
    best = min(keeping, key=lambda days: (keeping[days].kept[Verdict.FALSE], abs(days - before)))
    if best == before:
        detail = "of the budgets that were tried none drops a false alert without losing one that was right"
        proposal.remarks.append(f"The budget stays: {detail}.")
        return
    false = run.kept[Verdict.FALSE] - keeping[best].kept[Verdict.FALSE]
    why = f"it drops {false} of {run.kept[Verdict.FALSE]} false alerts and none that were right"
    proposal.changes.append(Change(BUDGET, best, before, why))


def _by_rate(proposal: Proposal, facts: Facts, tried: Sequence[Weighed]) -> None:
    """Without verdicts only too many alerts say anything, and only provided that they are false."""
    rate = facts.alerts
    if rate is None:
        proposal.remarks.append("There are no scores, so nothing can be said about the budget.")
        return
    if rate.low <= rate.nominal:
        proposal.remarks.append(
            f"The budget stays: {rate.count} alerts in {rate.days:,} tenant-days are {rate.verdict} even if "
            "all of them were false. Verdicts would say more."
        )
        return
    larger = sorted(_budget(one) for one in tried if _is_budget(one) and _budget(one) > facts.budget_days)
    kept = [days for days in larger if _rate_of(days, facts, tried).realised <= rate.nominal]
    best = kept[0] if kept else (larger[-1] if larger else None)
    why = f"{rate.count} alerts in {rate.days:,} tenant-days would be more than the budget allows"
    if best is None:
        proposal.remarks.append(f"If the alerts are false: {why}. Try larger budgets, such as {BUDGET}=365.")
        return
    proposal.changes.append(Change(BUDGET, best, facts.budget_days, why, "the alerts are false"))
    proposal.remarks.append("Nobody has said that they are false: look at them first, then give --verdicts.")


def _rate_of(days: float, facts: Facts, tried: Sequence[Weighed]) -> Rate:
    alerts = next(one.alerts for one in tried if _is_budget(one) and _budget(one) == days)
    others = len(facts.cases) + len(facts.campaigns) - len(facts.own)
    return Rate(max(0, alerts - others), facts.standings.tenant_days, 1 / days)


def _blocks(proposal: Proposal, facts: Facts, tried: Sequence[Weighed]) -> None:
    """Compare the blocks with how long the requests of a tenant resemble their neighbours."""
    detector = facts.summary["settings"]["detector"]
    for setting, signals in _BLOCKS.items():
        measured = [facts.correlation[name] for name in signals if name in facts.correlation]
        if not measured:
            proposal.remarks.append(f"{setting} stays: too few requests to measure what resembles what.")
            continue
        before = int(detector[setting.rpartition(".")[2]])
        usual = max(block_for(one["median"]) for one in measured)
        most = max(block_for(one["ninth_decile"]) for one in measured)
        tenants = min(one["tenants"] for one in measured)
        span = f"{usual} requests for the usual tenant and {most} for one in ten, by {tenants} of them"
        if before >= usual:
            proposal.remarks.append(f"{setting} = {before} is long enough: correlation asks for {span}.")
            continue
        _longer(proposal, (setting, before, usual), span, tried)


def _longer(proposal: Proposal, block: tuple[str, int, int], span: str, tried: Sequence[Weighed]) -> None:
    """Propose a longer block only where one was tried and did better."""
    setting, before, usual = block
    option = f"{setting}={usual}"
    at_hand = [one for one in tried if one.settings.startswith(f"{setting}=")]
    better = [one for one in at_hand if one.dropped[Verdict.FALSE] and not one.dropped[Verdict.RIGHT]]
    if better:
        best = max(better, key=lambda one: one.dropped[Verdict.FALSE])
        why = f"correlation asks for {span}; it drops {best.dropped[Verdict.FALSE]} false alerts, none right"
        proposal.changes.append(Change(setting, float(best.settings.partition("=")[2]), before, why))
        return
    what = "those that were tried drop no false alert" if at_hand else f"try it: --try {option}"
    proposal.remarks.append(f"{setting} = {before} is short: correlation asks for {span}; {what}.")


def _overrides(proposal: Proposal, facts: Facts, verdicts: Mapping[str, Verdict]) -> None:
    """Propose a budget of their own for tenants with several false alerts and none that was right."""
    false = _count(facts.own, verdicts, Verdict.FALSE)
    right = _count(facts.cases, verdicts, Verdict.RIGHT)
    for tenant, count in sorted(false.items(), key=lambda item: (-item[1], item[0])):
        if count >= NOISY and not right[tenant]:
            days = facts.budget_days * OVERRIDE_TIMES
            proposal.overrides.append(Override(tenant, days, f"{count} false alerts, none right"))


def _count(cases: Sequence[Case], verdicts: Mapping[str, Verdict], which: Verdict) -> Counter[str]:
    return Counter(case.tenant for case in cases if verdicts.get(case.uid) is which)


def _is_budget(one: Weighed) -> bool:
    return one.settings.startswith(f"{BUDGET}=")


def _budget(one: Weighed) -> float:
    return float(one.settings.partition("=")[2])
