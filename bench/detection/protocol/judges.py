"""Statistics of windows against a past: the peers', and the evidence of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench.detection.ours import NAME, Watched
from bench.detection.peers import STATISTICS
from bench.detection.peers.base import Rows
from bench.detection.peers.windows import Limits, WindowStatistic
from bench.detection.protocol.pairs import GAP_MS, PAST, START_MS, Pair, Places, Split
from models.sketch import Sketch

TAILS = {NAME: 1} | {name: tails for name, (_, tails) in STATISTICS.items()}
"""1 where only a high statistic is strange, 2 where a low one is as well."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A detector that has learned a past; `limits` works out the threshold that it has of its own."""

    statistic: Callable[[Places], float]
    limits: Callable[[], Limits]


def judges(
    pair: Pair, vectors: Rows, split: Split, size: int, random: np.random.Generator
) -> dict[str, Judge]:
    """Return ours and the peers, by name.

    Parameters
    ----------
    vectors
        The embeddings of the pair's queries, of length 1.
    """
    ours = partial(evidence, learned([pair.queries[place] for place in split.past]), pair.queries)
    found = {NAME: Judge(ours, partial(Limits, None, 0.0, 1.0))}
    for name, (make, tails) in STATISTICS.items():
        statistic = make(vectors[split.past], size, random)
        of_window = partial(_of, statistic, statistic.rows(vectors))
        found[name] = Judge(of_window, partial(_own, statistic, tails))
    return found


def learned(past: Sequence[Sketch]) -> Watched:
    """Return a tenant whose past are these requests, evenly spaced."""
    watched = Watched("pair")
    for number, sketch in enumerate(past):
        watched.sees(replace(sketch, id=f"p{number}", time=START_MS + number * GAP_MS))
    return watched


def evidence(watched: Watched, queries: Sequence[Sketch], window: Places) -> float:
    """Let a copy of the tenant see the window; return the highest level of the evidence, 1 at an alert."""
    copy, highest = watched.fork(), -1.0
    for number, place in enumerate(window):
        time = START_MS + (PAST + number) * GAP_MS
        copy.sees(replace(queries[place], id=f"w{number}", time=time))
        highest = max(highest, copy.level)
    return highest


def _own(statistic: WindowStatistic, tails: int) -> Limits:
    return Limits.of(statistic.null(), tails=tails)


def _of(statistic: WindowStatistic, prepared: Rows, window: Places) -> float:
    return statistic.of(prepared[window])
