"""A record of the alert topic as the console shows it: the finding, and what operators have to say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from models.event import LATEST_MS
from streams.finding_view import FindingView, read_finding

MOST_MEMBERS = 500
"""Members that one record names at most; see `docs/alerts.md`."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """An account of a campaign; times in Unix milliseconds, `share` of its traffic from 0 to 1."""

    tenant: str
    confidence: int
    started: int
    joined: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One finding, and what it says beyond `FindingView`; what is not there, or damaged, is empty.

    Parameters
    ----------
    excess
        The evidence as a multiple of the threshold.
    budget_days
        0 for a campaign.
    silenced_by
        Ids of the changes that suppress it or have it in shadow.
    """

    view: FindingView
    excess: float
    budget_days: float
    population: str
    templates: tuple[str, ...]
    members: tuple[MemberView, ...]
    silenced_by: tuple[str, ...]
    verdict: str
    author: str
    comment: str


def read_statement(value: bytes | None) -> Statement:
    """Read the value of a record; fields that are not known are ignored.

    Raises
    ------
    DecodeError
        It is not a Detection Finding of ours (`not_a_finding`).
    """
    view = read_finding(value)
    record: dict[str, Any] = orjson.loads(value or b"")
    unmapped = record["unmapped"] if isinstance(record["unmapped"], dict) else {}
    verdict = unmapped.get("verdict")
    verdict = verdict if isinstance(verdict, dict) else {}
    evidence, threshold = _number(unmapped.get("evidence")), _number(unmapped.get("threshold"))
    return Statement(
        view=view,
        excess=evidence / threshold if threshold > 0 else 0.0,
        budget_days=_number(unmapped.get("budget_days")),
        population=_text(unmapped.get("population")),
        templates=tuple(_texts(unmapped.get("templates"))),
        members=tuple(_members(record.get("resources"))),
        silenced_by=(*_texts(unmapped.get("suppressed_by")), *_texts([unmapped.get("shadow_by")])),
        verdict=_text(verdict.get("verdict")),
        author=_text(verdict.get("author")),
        comment=_text(record.get("comment")),
    )


def _members(resources: object) -> Iterable[MemberView]:
    for resource in resources[:MOST_MEMBERS] if isinstance(resources, list) else ():
        data = resource.get("data")
        data = data if isinstance(data, dict) else {}
        yield MemberView(
            tenant=_text(resource.get("uid")),
            confidence=_whole(data.get("confidence_score")),
            started=_whole(data.get("started")),
            joined=_whole(data.get("joined")),
            count=_whole(data.get("count")),
            share=_number(data.get("share")),
        )


def _texts(values: object) -> Iterable[str]:
    return (value for value in (values if isinstance(values, list) else ()) if value and _text(value))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LATEST_MS**4
    return float(value) if known and isfinite(value) else 0.0  # type: ignore[arg-type]


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < LATEST_MS else 0
