"""A tenant's state as bytes: its plain numbers, then its tables, both without what is empty.

Compiled code checks no index, so nothing of a stored state comes to it that is out of range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.codec import LARGEST, MOST_COUNT, YEAR_MS, Reader
from models.core import (
    early,
    episode,
    fingerprints,
    growth,
    rate,
    repeats,
    resampling,
    reservoir,
    running,
    sweep,
    templates,
    topics,
)
from models.core.calibration import HALVE_AT
from models.core.layout import BLANK, NUMBER_BYTES, NUMBERS, STATE, TABLES
from models.core.packing import DENSE, FRONT, PLAIN, REAL, SPARSE, pack_tables
from models.core.shape import HALVE_AT as SHAPE_HALVE_AT
from models.core.shiryaev_roberts import CEILING, FRESH_CEILING
from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS

HIGHEST_SCORE = 1e6
"""Beyond the score of any signal."""

MOST_STREAM = 2**31 - 2
_OUT_OF_RANGE = "the snapshot holds a value out of its range"

TIMES = {"time", "rated_from", "opened", "hot", "cool_until", "stated_at", "rate_last", "rate_learned"}
TIMES |= {"early_first", "early_last", "start"}
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys((name for name in NUMBERS if name.startswith("early_")), (0, early.MOST)),
    **dict.fromkeys(("early_output", "early_overhead"), (0, HIGHEST_SCORE)),
    **dict.fromkeys(("events", "late", "repeated", "content", "content_total"), (0, MOST_COUNT)),
    **dict.fromkeys(("topics_seen", "rate_intervals"), (0, MOST_COUNT)),
    **dict.fromkeys(("rated", "slots_seen", "slots_new", "buckets_seen", "buckets_new"), (0, MOST_COUNT)),
    **dict.fromkeys(("block_sum", "climb", "statistic"), (0, CEILING)),
    **dict.fromkeys(("recent", "usual"), (0, HIGHEST_SCORE)),
    **dict.fromkeys(("topics_mean", "rate_mean", "hours", "days"), (-running.HIGHEST, running.HIGHEST)),
    **dict.fromkeys(("topics_squares", "rate_squares"), (0, running.HIGHEST**2)),
    **dict.fromkeys(("count", "block_size"), (0, MOST_STREAM)),
    "stated_evidence": (0, LARGEST),
    "rate": (0, rate.HIGHEST_RATE),
    "sweep_hits": (0, sweep.MOST_HITS),
    "resampling_hits": (0, resampling.MOST_HITS),
    "fresh": (0, FRESH_CEILING),
    "seen_hours": (0, 2**rate.HOURS - 1),
    "seen_days": (0, 2**rate.DAYS - 1),
    "filled": (0, reservoir.CAPACITY),
    "lengths": (reservoir.SHORTEST, reservoir.LONGEST),
    "shape_total": (0, SHAPE_HALVE_AT - 1),
    "mark_count": (0, repeats.REMEMBERED),
    "mark_next": (0, repeats.REMEMBERED - 1),
    "buckets_used": (0, growth.BUCKETS),
    "state": (0, episode.COOLING),
    "stated_severity": (1, episode.CRITICAL),
    "topics_known": (0, 1),
    "sweep_count": (0, sweep.PROMPTS),
    "sweep_biases": (0, 2**31 - 1),
    "resampling_count": (0, resampling.PROMPTS),
    "resampling_run": (0, resampling.IN_A_ROW),
    **dict.fromkeys(("habits_recent", "habits_usual"), (0, 1)),
    **dict.fromkeys(("slots_late", "topics_late"), (0, 1)),
    "habits_seen": (0, MOST_COUNT),
    "window": (0, topics.TOPICS - 1),
    "template_credit": (fingerprints.LEAST, fingerprints.MOST),
    "templates_known": (0, templates.TEMPLATES),
    "template_counts": (1, templates.MOST),
    "template_told": (0, templates.MOST),
    "template_since": (EARLIEST_MS // 1000, (LATEST_MS + YEAR_MS) // 1000),
    "template_joined": (0, (LATEST_MS + YEAR_MS) // 1000),
}
"""The least and the most of every number and table whose type does not say it; both ends included."""

FRONTS = {"codes": "filled", "lengths": "filled", "marks": "mark_count"}
FRONTS |= dict.fromkeys(("sweep_prompts", "sweep_biases"), "sweep_count")
FRONTS |= dict.fromkeys(("resampling_prompts", "resampling_temperatures"), "resampling_count")
FRONTS |= {"window": "topics_seen"}
FRONTS |= dict.fromkeys((*templates.COUNTS, "template_hashes", "template_slots"), "templates_known")
"""Tables that fill up from the front, and what says how far."""


def dump(s: Any) -> bytes:
    """Return a state as bytes; equal states give equal bytes."""
    size = pack_tables(np.frombuffer(s.tobytes(), np.uint8), _TABLES, _OUT)
    return _OUT[:size].tobytes()


def load(source: Reader) -> Any:
    """Read a state.

    Raises
    ------
    SnapshotError
        The bytes end early or hold what no state can hold.
    """
    read = BLANK.copy()
    numbers = read.view(np.uint8)[:NUMBER_BYTES]
    numbers[:] = 0
    _unpack(source, numbers)
    for run in _RUNS:
        run.check(numbers)
    s = read[0]
    for name in TABLES:
        front, table = _front(s, name), s[name]
        if front is None:
            _unpack(source, table.reshape(-1))
        else:
            table = table[:front]
            table[...] = np.frombuffer(source.take(table.nbytes), table.dtype).reshape(table.shape)
        _check(name, table)
    _check_together(s)
    s["scored"] = s["scores"].sum(axis=1, dtype=np.int64)
    topics.recount(s)
    return s


def _front(s: Any, name: str) -> int | None:
    """Return how many rows of a table are in use, if it fills up from the front."""
    return min(int(s[FRONTS[name]]), len(s[name])) if name in FRONTS else None


def _unpack(source: Reader, table: NDArray[Any]) -> None:
    form = source.small()
    if form == DENSE:
        table[:] = np.frombuffer(source.take(table.nbytes), table.dtype)
    elif form == SPARSE:
        bits = np.frombuffer(source.take((table.size + 7) // 8), np.uint8)
        used = np.unpackbits(bits, count=table.size).view(np.bool_)
        table[used] = np.frombuffer(source.take(int(used.sum()) * table.itemsize), table.dtype)
    else:
        raise SnapshotError("the snapshot holds a table of an unknown form")


def _check(name: str, found: NDArray[Any]) -> None:
    """Refuse a table with a number that is out of range, or that is none."""
    low, high = RANGES.get(name, (None, None))
    if low is not None and not np.all((found >= low) & (found <= high)):  # false where it is no number
        raise SnapshotError(_OUT_OF_RANGE)


@dataclass(frozen=True, slots=True)
class _Run:
    """Plain numbers of one type behind each other, and the least and the most of each.

    Parameters
    ----------
    where
        Their bytes in a state.
    times
        Which of them are times, where 0 stands for none.
    """

    where: slice
    kind: np.dtype[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    times: NDArray[np.bool_]

    def check(self, numbers: NDArray[np.uint8]) -> None:
        """Refuse numbers that are out of range, and those that are none."""
        found = numbers[self.where].view(self.kind)
        good = (found >= self.low) & (found <= self.high)  # false where it is no number
        if not np.all(good | (self.times & (found == 0))):
            raise SnapshotError(_OUT_OF_RANGE)


def _runs() -> Iterator[_Run]:
    """Put the numbers of one type that stand together together."""
    for kind, group in groupby(NUMBERS, key=lambda name: STATE[name].base):
        names = list(group)
        sizes = [STATE[name].itemsize // kind.itemsize for name in names]
        begin = STATE.fields[names[0]][1]  # type: ignore[index]
        ranges = [_range(name, kind) for name in names]
        low, high = (np.repeat(np.array(ends, kind), sizes) for ends in zip(*ranges, strict=True))
        times = np.repeat([name in TIMES for name in names], sizes)
        yield _Run(slice(begin, begin + sum(sizes) * kind.itemsize), kind, low, high, times)


def _range(name: str, kind: np.dtype[Any]) -> tuple[Any, Any]:
    if name in TIMES:
        return EARLIEST_MS, LATEST_MS + YEAR_MS
    if name in RANGES:
        return RANGES[name]
    return np.iinfo(kind).min, np.iinfo(kind).max


_RUNS = tuple(_runs())


def _places() -> Iterator[tuple[int, ...]]:
    """Describe the tables, the plain numbers first, for `pack_tables`."""
    yield PLAIN, 0, 1, NUMBER_BYTES, 0, 0
    for name in TABLES:
        kind, begin = STATE.fields[name][:2]  # type: ignore[index]
        if name in FRONTS:
            count, at = STATE.fields[FRONTS[name]][:2]  # type: ignore[index]
            yield FRONT, begin, kind.itemsize // kind.shape[0], kind.shape[0], at, count.itemsize
        else:
            size = kind.base.itemsize
            yield REAL if kind.base.kind == "f" else PLAIN, begin, size, kind.itemsize // size, 0, 0


_TABLES = np.array(list(_places()), np.int64)
_OUT = np.empty(STATE.itemsize + len(_TABLES), np.uint8)


def _check_together(s: Any) -> None:
    """Refuse numbers that do not fit each other."""
    marks, following = int(s["mark_count"]), int(s["mark_next"])
    if marks < repeats.REMEMBERED and following != marks:
        raise SnapshotError("the snapshot holds marks of requests that cannot be")
    if s["shape"].sum(axis=1, dtype=np.int64).max() > s["shape_total"]:
        raise SnapshotError("the snapshot counts more requests of a shape than requests")
    if s["scores"].sum(axis=1, dtype=np.int64).max() >= HALVE_AT:
        raise SnapshotError("the snapshot counts more scores than are ever kept")
    if np.bitwise_count(s["buckets"]).sum() != s["buckets_used"]:
        raise SnapshotError("the snapshot counts other topics than it holds")
    if not _can_be(s, int(s["templates_known"])):
        raise SnapshotError("the snapshot holds templates that cannot be")


def _can_be(s: Any, known: int) -> bool:
    """Tell whether templates were joined and told after what must have been before, and samples ascend."""
    names = ("counts", "told", "since", "joined")
    counts, told, since, joined = (s[f"template_{name}"][:known] for name in names)
    good = (joined > 0) == (counts >= templates.JOIN)
    good &= (told <= np.maximum(counts, templates.JOIN)) & ((joined == 0) | (since <= joined))
    slots = s["template_slots"][:known].astype(np.int64)
    rising = (np.diff(slots, axis=1) > 0) | (slots[:, 1:] == templates.UNFILLED)
    latest = max((0, *since.tolist(), *joined.tolist()))
    return bool(good.all() and rising.all() and latest * 1000 <= s["time"])
