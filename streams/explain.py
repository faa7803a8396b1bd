"""Answers `distillwatch explain`: finds what was said of a uid or a tenant, and tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.errors import DistillwatchError
from streams.case import Case, OcsfFinding, cases_of
from streams.explanation import ScoreRecord, explain_campaign, explain_episode, explain_standing
from streams.wording import shown


@dataclass(frozen=True, slots=True)
class Told:
    """All findings, and the scores of whoever is asked about.

    Parameters
    ----------
    place
        Where they were read, in words for errors.
    scores
        Of all tenants or of some.
    """

    place: str
    findings: Iterable[OcsfFinding]
    scores: Iterable[ScoreRecord] = field(default=())


def explain(target: str, told: Told) -> list[str]:
    """Return lines that tell what happened.

    Parameters
    ----------
    target
        The uid of an episode or a campaign, or a tenant.

    Raises
    ------
    DistillwatchError
        Nothing is known of it.
    """
    cases = cases_of(told.findings)
    if target in cases:
        return _of_case(cases[target], told)
    return _of_tenant(target, cases, told)


def _of_case(case: Case, told: Told) -> list[str]:
    if case.is_campaign:
        return explain_campaign(case)
    return explain_episode(case, _scores_of(case.tenant, told))


def _of_tenant(tenant: str, cases: dict[str, Case], told: Told) -> list[str]:
    own = [case for case in cases.values() if case.tenant == tenant and not case.is_campaign]
    joined = [case for case in cases.values() if tenant in case.members]
    scores = _scores_of(tenant, told)
    if not (own or joined or scores):
        raise DistillwatchError(
            f"nothing is known of '{shown(tenant)}' in {told.place}: give a tenant, or the "
            "finding_info.uid of a finding"
        )
    lines = explain_standing(tenant, scores) if scores else []
    for case in own:
        lines += ["", *explain_episode(case, scores)]
    lines += [
        line
        for case in joined
        for line in ("", f"It is named in campaign {case.uid}: `distillwatch explain {case.uid}`.")
    ]
    if not own and not joined:
        lines.append("There is no alert on it.")
    return lines[1:] if lines[0] == "" else lines


def _scores_of(tenant: str, told: Told) -> list[ScoreRecord]:
    found = {int(score["time"]): score for score in told.scores if score["tenant"] == tenant}
    return [found[time] for time in sorted(found)]
