"""What each of the tried settings would have changed, by what analysts made of the alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from streams.report.comparison import Comparison, Episode
from streams.tuning.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Weighed:
    """Settings with what they do to the alerts of the run.

    Parameters
    ----------
    settings
        Such as `detector.budget_days=30`; empty for those of the run.
    kept, dropped
        Alerts of the run by verdict.
    added
        Alerts besides, on which there is no verdict.
    delay_ms
        Median of how much later the right ones that are kept would have opened, in milliseconds; below 0
        where they open earlier, nothing where there are none.
    """

    settings: str
    kept: Counter[Verdict]
    dropped: Counter[Verdict]
    added: int
    delay_ms: float | None

    @property
    def alerts(self) -> int:
        """How many there would have been."""
        return self.kept.total() + self.added


def weigh(comparison: Comparison, verdicts: Mapping[str, Verdict]) -> Weighed:
    """Count by verdict what is kept and what is dropped, and how much later the right ones open."""
    delays = [
        other.opened - one.opened for one, other in comparison.kept if _of(one, verdicts) is Verdict.RIGHT
    ]
    return Weighed(
        comparison.settings,
        Counter(_of(one, verdicts) for one, _ in comparison.kept),
        Counter(_of(one, verdicts) for one in comparison.dropped),
        len(comparison.added),
        median(delays) if delays else None,
    )


def as_it_was(run: Sequence[Episode], verdicts: Mapping[str, Verdict]) -> Weighed:
    """Return the run itself in the same form."""
    return weigh(Comparison("", [(one, one) for one in run]), verdicts)


def _of(episode: Episode, verdicts: Mapping[str, Verdict]) -> Verdict:
    return verdicts.get(episode.uid, Verdict.UNKNOWN)
