"""What other settings would have raised, against what was raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.finding import Activity
from streams.case import Case

APART_MS = 86_400_000
"""Two episodes of a tenant that are further apart than this are not the same one."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode of a tenant, or a campaign, as any settings found it.

    Parameters
    ----------
    tenant
        Empty for a campaign.
    started, opened, closed
        Unix milliseconds; an open one has not closed.
    newcomer
        Whether it was compared with its peers, which no budget of the detector decides.
    """

    uid: str
    tenant: str
    started: int
    opened: int
    closed: int | None
    excess: float
    newcomer: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the episodes under other settings.

    Parameters
    ----------
    settings
        What they are called, such as `detector.budget_days=30`.
    kept
        Episodes of the run with those that stand for them under the other settings.
    dropped
        Episodes of the run that the other settings did not open.
    added
        Those that they opened besides.
    """

    settings: str
    kept: list[tuple[Episode, Episode]] = field(default_factory=list)
    dropped: list[Episode] = field(default_factory=list)
    added: list[Episode] = field(default_factory=list)


def episode_of(case: Case) -> Episode:
    """Return a case as an episode."""
    newcomer = "population" in case.newest["unmapped"]
    return Episode(case.uid, case.tenant, case.started, case.opened, case.closed, case.excess, newcomer)


def episodes_of(tried: Iterable[Mapping[str, Any]]) -> dict[str, list[Episode]]:
    """Return by settings what was opened, from the lines that a backtest wrote of its tries."""
    found: dict[str, dict[str, Episode]] = {}
    for one in tried:
        episodes = found.setdefault(one["settings"], {})
        known = episodes.get(one["uid"])
        closed = one["time"] if one["activity_id"] == Activity.CLOSE else None
        if known is None:
            begin = one["start_time"], one["time"]
            who = one["uid"], one["tenant"] or ""
            episodes[one["uid"]] = Episode(*who, *begin, closed, one["excess"], one["newcomer"])
        else:
            excess = max(known.excess, one["excess"])
            episodes[one["uid"]] = Episode(
                known.uid, known.tenant, known.started, known.opened, closed, excess, known.newcomer
            )
    return {settings: list(episodes.values()) for settings, episodes in found.items()}


def compare(settings: str, run: Sequence[Episode], other: Sequence[Episode]) -> Comparison:
    """Match the episodes of two runs: the same uid, else the nearest of the same tenant that is not apart."""
    result, left = Comparison(settings), {episode.uid: episode for episode in other}
    for episode in run:
        match = left.get(episode.uid) or _nearest(episode, left.values())
        if match is None:
            result.dropped.append(episode)
        else:
            del left[match.uid]
            result.kept.append((episode, match))
    result.added.extend(left.values())
    return result


def _nearest(episode: Episode, others: Iterable[Episode]) -> Episode | None:
    same = [
        other
        for other in others
        if episode.tenant == other.tenant and episode.tenant and _overlap(episode, other)
    ]
    return min(same, key=lambda other: abs(other.opened - episode.opened), default=None)


def _overlap(one: Episode, other: Episode) -> bool:
    first, second = sorted((one, other), key=lambda episode: episode.opened)
    return first.closed is None or second.opened <= first.closed + APART_MS
