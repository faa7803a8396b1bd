"""Which episodes a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from models.finding import Severity
from streams.console.episode import Episode

SEVERITIES = tuple(severity.name.lower() for severity in Severity)
KINDS = ("tenant", "newcomer", "campaign")
PAGE = 100
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was chosen; empty fields choose everything.

    Parameters
    ----------
    text
        Part of a tenant's name, whatever its case, or the beginning of a uid.
    severity
        The least, by its name.
    kind
        One of `KINDS`.
    """

    text: str = ""
    severity: str = ""
    kind: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read the query of an address; what is not known chooses everything."""
        severity, kind = query.get("severity", ""), query.get("kind", "")
        return cls(
            text=query.get("q", "").strip()[:256],
            severity=severity if severity in SEVERITIES else "",
            kind=kind if kind in KINDS else "",
        )

    def __bool__(self) -> bool:
        return bool(self.text or self.severity or self.kind)

    def choose(self, episodes: Iterable[Episode]) -> list[Episode]:
        """Return those that fit, in their order."""
        return [episode for episode in episodes if self._fit(episode)]

    def _fit(self, episode: Episode) -> bool:
        if self.severity and episode.severity < Severity[self.severity.upper()]:
            return False
        if self.kind and self.kind != kind_of(episode):
            return False
        text = self.text.lower()
        return (
            not text or text in episode.tenant.lower() or episode.uid.startswith(text) or self._names(episode)
        )

    def _names(self, episode: Episode) -> bool:
        return self.text in episode.members


def kind_of(episode: Episode) -> str:
    """Return whom an episode is about, one of `KINDS`."""
    if episode.is_campaign:
        return "campaign"
    return "newcomer" if episode.latest.population else "tenant"


def number_of(query: Mapping[str, str], name: str = "page") -> int:
    """Return the number of a page, from 1; the first where it is none."""
    text = query.get(name, "")
    return max(1, min(int(text), 1_000_000)) if text.isascii() and text.isdigit() and len(text) < 8 else 1  # noqa: PLR2004
