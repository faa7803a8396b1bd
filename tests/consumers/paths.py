"""Where the examples of consumers lie, and where the fields that they name lie in a finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.finding import Activity
from tests.streams.notify.findings import EVERY, OF_CAMPAIGNS, campaign_record, record
from tests.streams.test_ocsf_campaign import CAMPAIGN

FOLDER = Path(__file__).resolve().parents[2] / "docs/consumers"
FINDINGS = [
    *(record(mark) for mark in ("", *EVERY)),
    record(activity=Activity.CLOSE, campaign=CAMPAIGN.uid, population="2026-03-05T07:40Z-1684ea4e"),
    *(campaign_record(mark) for mark in ("", *OF_CAMPAIGNS)),
]


def values_at(found: Any, path: list[str]) -> Iterator[Any]:
    """Every value at a path; a list on the way stands for all that is in it."""
    if isinstance(found, list):
        for inner in found:
            yield from values_at(inner, path)
    elif not path:
        yield found
    elif isinstance(found, dict) and path[0] in found:
        yield from values_at(found[path[0]], path[1:])


def said(path: list[str]) -> list[Any]:
    """Every value that some finding has at a path."""
    return [value for found in FINDINGS for value in values_at(found, path)]
