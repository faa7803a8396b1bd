"""One figure of the benchmarks: what was measured, what it is compared with, and whether it is as asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """The same measurement, several times.

    Parameters
    ----------
    values
        One a run, at least one, in the order of the runs.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        """Gather values.

        Raises
        ------
        ValueError
            There are none.
        """
        gathered = tuple(map(float, values))
        if not gathered:
            raise ValueError("a sample needs at least one value")
        return cls(gathered)

    @property
    def median(self) -> float:
        """The middle value; the mean of the middle two of an even number."""
        return median(self.values)

    @property
    def lowest(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def highest(self) -> float:
        """The largest value."""
        return max(self.values)

    def over(self, other: Sample) -> Sample:
        """Return the ratios to another sample: run by run, or all pairs where their numbers differ."""
        if len(self.values) == len(other.values):
            return Sample.of(a / b for a, b in zip(self.values, other.values, strict=True))
        return Sample.of(a / b for a, b in product(self.values, other.values))


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Parameters
    ----------
    what
        What was measured.
    unit
        Of `ours` and `theirs`.
    ours
        What was found.
    peer
        What it is compared with; empty for nothing.
    theirs
        The same of the peer; `None` without a peer, or when it could not run.
    ratio
        Ours to theirs, run by run.
    asked
        What is asked, such as `>= 15%`, `faster` or `<= 30 s`; empty when the figure is only stated.
    holds
        Whether the median is as asked; `None` when it is only stated.
    limit
        The number in `asked`, in the unit of what it bounds; `None` when the figure is only stated.
    """

    what: str
    unit: str
    ours: Sample
    peer: str = ""
    theirs: Sample | None = None
    ratio: Sample | None = None
    asked: str = ""
    holds: bool | None = None
    limit: float | None = None


def stated(what: str, unit: str, ours: Sample) -> Figure:
    """Return a figure of which nothing is asked."""
    return Figure(what, unit, ours)


def at_least(what: str, unit: str, ours: Sample, limit: float) -> Figure:
    """Return a figure whose median should not be below a limit."""
    asked = f">= {_number(limit)} {unit}".rstrip()
    return Figure(what, unit, ours, asked=asked, holds=ours.median >= limit, limit=limit)


def at_most(what: str, unit: str, ours: Sample, limit: float) -> Figure:
    """Return a figure whose median should not be above a limit."""
    asked = f"<= {_number(limit)} {unit}".rstrip()
    return Figure(what, unit, ours, asked=asked, holds=ours.median <= limit, limit=limit)


def beside(
    what: str, unit: str, ours: Sample, peer: str, theirs: Sample, *, least: float | None = None
) -> Figure:
    """Return a figure beside that of a peer in the same run.

    Parameters
    ----------
    least
        What the median of the ratios should not be below: a share, 1 for faster, or a number of times.
    """
    ratio = ours.over(theirs)
    if least is None:
        return Figure(what, unit, ours, peer, theirs, ratio)
    asked = f">= {least:.0%}" if least < 1 else "faster" if least == 1 else f">= {least:g} times"
    return Figure(what, unit, ours, peer, theirs, ratio, asked, ratio.median >= least, least)


def unable(what: str, unit: str, ours: Sample, peer: str, reason: str) -> Figure:
    """Return a figure whose peer could not run, and why."""
    return Figure(what, unit, ours, f"{peer}: {reason}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:g}"  # noqa: PLR2004
