"""What happened, in plain words with figures: of one episode, of one campaign, of one tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.finding import Activity
from streams.case import Case, Reading
from streams.case_marks import is_sample, told_marks
from streams.wording import moment, number, shown, span

ScoreRecord = Mapping[str, Any]
"""A value of the scores topic, decoded; see docs/alerts.md."""

MOST_MEMBERS, MOST_REQUESTS = 20, 16


def explain_episode(case: Case, scores: Sequence[ScoreRecord] = ()) -> list[str]:
    """Tell of an episode of one tenant.

    Parameters
    ----------
    scores
        How its tenant stood, in the order of time; may be empty.
    """
    if is_sample(case):
        return _explain_sample(case)
    newest, said = case.newest, case.newest["unmapped"]
    lines = [f"Episode {case.uid} of tenant {shown(case.tenant)}{_replayed(case)}", *_life(case)]
    lines += told_marks(case)
    lines += [
        (
            f"Since {moment(case.started)}: the evidence began to grow then, {_delay(case)}; "
            f"{newest['count']:,} requests until {moment(newest['time'])}."
        ),
        _height(case, _budget(said)),
        *_course(case, scores),
        _normal(case),
        *_readings(case.readings),
    ]
    if not said["content_seen"]:
        lines.append("No content was seen: it was judged on metadata alone and deserves less confidence.")
    lines += _requests(case)
    if case.campaign:
        lines.append(f"It takes part in a campaign: `distillwatch explain {case.campaign}`.")
    return [*lines, *_advice(case)]


def explain_campaign(case: Case) -> list[str]:
    """Tell of a campaign of many accounts."""
    said, members = case.newest["unmapped"], case.members
    lines = [
        f"Campaign {case.uid} of {said['accounts']:,} accounts{_replayed(case)}",
        *_life(case),
        *told_marks(case),
        f"Since {moment(case.started)}: {case.newest['count']:,} requests with {_templates(said)}.",
        f"{said['disjoint']:.0%} of the prompts were sent by one account alone: the work is shared out.",
        _height(case, f"one false campaign in {number(1 / said['false_per_day'])} days in the whole fleet"),
        "What the accounts do together, against what the fleet explains:",
        *_readings(case.readings),
        f"Accounts, the first {min(MOST_MEMBERS, len(members))} of {len(members):,} that were named:",
    ]
    for tenant, data in list(members.items())[:MOST_MEMBERS]:
        lines.append(
            f"  {shown(tenant)}  joined {moment(data['joined'])}, {data['count']:,} requests, "
            f"{data['share']:.0%} of its traffic, confidence {data['confidence_score']}"
        )
    return [*lines, *_requests(case), *_advice(case)]


def explain_standing(tenant: str, scores: Sequence[ScoreRecord]) -> list[str]:
    """Tell how a tenant stands by its scores, which are in the order of time and not empty."""
    last, peak = scores[-1], max(scores, key=_ratio)
    asked, first = f"{last['requests']:,} requests", moment(scores[0]["time"])
    lines = [
        f"Tenant {shown(tenant)} is {last['state']} as of {moment(last['last'])}, after {asked}.",
        f"Its evidence is {_share(_ratio(last))}.",
        f"The most since {first} was {_share(_ratio(peak))}, {moment(peak['time'])}.",
    ]
    if last["state"] == "warming":
        lines.append("It is still learned: no alert of its own past can open before that is done.")
    lines.append("What its signals see of late, against what is usual for it:")
    return [*lines, *_readings(_signals(last))]


def _explain_sample(case: Case) -> list[str]:
    return [
        f"Test finding {case.uid} about tenant {shown(case.tenant)}, of {moment(case.opened)}.",
        "Somebody asked for it to try the path of an alert: nothing was observed, and nothing is to be done.",
    ]


def _life(case: Case) -> Iterator[str]:
    updates = [one for one in case.findings if one["activity_id"] == Activity.UPDATE]
    text = f"Opened {moment(case.opened)} as {str(case.first['severity']).lower()}"
    if updates:
        times = "once" if len(updates) == 1 else f"{len(updates)} times"
        last = updates[-1]
        text += f", updated {times} (last {moment(last['time'])}: {str(last['severity']).lower()})"
    yield text + (", still open." if case.closed is None else f", closed {moment(case.closed)}.")


def _delay(case: Case) -> str:
    delay = case.opened - case.started
    return f"{span(delay)} before the alert" if delay else "with the alert"


def _height(case: Case, budget: str) -> str:
    threshold = number(case.newest["unmapped"]["threshold"])
    return f"The evidence reached {number(case.excess)} times the threshold of {threshold} ({budget})."


def _budget(said: Mapping[str, Any]) -> str:
    if "population" in said:
        return f"against other tenants' first requests, baseline {said['population']}"
    return f"one false alert a tenant in {number(said['budget_days'])} days"


def _normal(case: Case) -> str:
    if "population" in case.newest["unmapped"]:
        return "Compared with other tenants when they were as new, for it has no past of its own:"
    return "Compared with its own past, the strongest signal first:"


def _readings(readings: Sequence[Reading]) -> Iterator[str]:
    width = max((len(one.name) for one in readings), default=0)
    for one in readings:
        figures = f"{number(one.observed)} against {number(one.expected)} {one.unit}"
        yield f"  {one.name:<{width}}  {figures}".rstrip()


def _signals(score: ScoreRecord) -> list[Reading]:
    ordered = sorted(score["signals"].items(), key=lambda item: -float(item[1]["evidence"]))
    return [Reading(name, one["observed"], one["expected"], "") for name, one in ordered]


def _course(case: Case, scores: Sequence[ScoreRecord]) -> Iterator[str]:
    """Tell how the evidence grew, as far as there are scores."""
    near = [one for one in scores if one["time"] <= (case.closed or one["time"])]
    before = [one for one in near if one["time"] <= case.started]
    if before:
        usual = sorted(map(_ratio, before))[len(before) // 2]
        yield f"Before that it was {_share(usual)} (median of {len(before):,} intervals)."
    during = [one for one in near if one["time"] > case.started]
    for level in (0.01, 0.1):
        passed = next((one for one in during if _ratio(one) >= level), None)
        if passed is not None and passed["time"] < case.opened:
            yield f"It passed {level:.0%} of the threshold by {moment(passed['time'])}."


def _requests(case: Case) -> Iterator[str]:
    if not case.requests:
        return
    more = len(case.requests) - MOST_REQUESTS
    others = f", and {more:,} more in its findings" if more > 0 else ""
    yield f"Requests to look at, the newest first{others}:"
    for one in case.requests[:MOST_REQUESTS]:
        place = f"{shown(one['topic'])} partition {one['partition']} offset {one['offset']}"
        yield f"  {shown(one['request_id'])}  {place}  template {one['template_hash']}"


def _advice(case: Case) -> Iterator[str]:
    advice = case.newest["remediation"]
    yield f"To do: {advice['desc']}. Runbook: {', '.join(advice['references'])}."


def _replayed(case: Case) -> str:
    return " (a replay of the past)" if "replay" in case.first["metadata"].get("labels", ()) else ""


def _templates(said: Mapping[str, Any]) -> str:
    known = [f"{name}" for name in said["templates"]]
    kinds = "the template" if len(known) == 1 else f"{len(known)} templates, most with"
    return f"{kinds} {known[0]}" if known else "no template that is known any more"


def _ratio(score: ScoreRecord) -> float:
    return float(score["evidence"]) / float(score["threshold"])


def _share(ratio: float) -> str:
    return f"{number(ratio)} times the threshold" if ratio >= 1 else f"{ratio:.2%} of the threshold"
