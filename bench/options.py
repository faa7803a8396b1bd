"""What a run of the benchmarks is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.figure import Figure

QUICK_EVENTS = 40_000


@dataclass(frozen=True, slots=True)
class Options:
    """The options that each benchmark sees.

    Parameters
    ----------
    runs
        How often each pair is measured, ours and theirs in turn.
    events
        Events in a run that handles no text; one with text takes a quarter, one beside peers half.
    tenants
        Tenants of a large state.
    quick
        Whether the run only shows that everything works: its figures mean little.
    """

    runs: int = 3
    events: int = 400_000
    tenants: int = 100_000
    quick: bool = False

    @property
    def texts(self) -> int:
        """Events in a run with text."""
        return max(5_000, self.events // 4)


Benchmark = Callable[[Options], list[Figure]]
"""Measures, and returns one figure for each row."""
