"""Whether judging costs more where there are more tenants, or where they have more past.

Everything is judged in this process as a worker judges it: four partitions, batches of a worker's size. All
tenants ask equally often in event time, since the usual rate is learned once an hour of it, and their moments
are spread over the hour. Who asks next is drawn at random, which is the worst for the processor's caches. All
states are in memory and warm before anything is measured. Time is that of the processor.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from numpy.typing import NDArray

from bench.crowd import Crowd, pool
from bench.figure import Figure, Sample
from bench.options import Options
from bench.traffic import name
from models.config import DetectorConfig
from models.core.layout import STATE
from models.fleet import Fleet
from models.requests import Requests, decode_table
from models.tenant import TenantModel
from streams.simulation import START_MS
from streams.stage import CHUNK

MOST_TIMES = 1.2
GAP_MS = 36_000
"""A hundred requests an hour: as many as a tenant's warm-up takes."""

HOUR_MS = 3_600_000
AN_HOUR = HOUR_MS // GAP_MS
A_DAY, TWO_WEEKS = 24 * AN_HOUR, 14 * 24 * AN_HOUR
FEWEST, MIDDLE = 1_000, 10_000
PARTITIONS = 4
MODELS = 16
SLICE = 100_000
"""Requests that are judged in a measured stretch."""

READY = 64
"""Batches that are made ahead, outside of what is measured."""


def growth(options: Options) -> list[Figure]:
    """Measure fleets of different sizes in turn, then fleets of different pasts."""
    runs, rows = options.runs, pool(1_024 if options.quick else 8_192)
    weeks = 2 * A_DAY if options.quick else TWO_WEEKS
    pasts = [past(requests, rows) for requests in (AN_HOUR, A_DAY, weeks)]
    sizes = [Herd(tenants, pasts[1], rows) for tenants in (FEWEST, MIDDLE, options.tenants)]
    few, some, many = in_turn(sizes, runs)
    del sizes
    young, _, old = in_turn([Herd(FEWEST, models, rows) for models in pasts], runs)
    small = f"{FEWEST:,} tenants"
    return [
        flat(f"judging, {MIDDLE:,} tenants", some, small, few),
        flat(f"judging, {options.tenants:,} tenants", many, small, few),
        flat(f"judging, {weeks // A_DAY} days of history", old, "1 hour of history", young),
    ]


def flat(what: str, ours: Sample, peer: str, theirs: Sample) -> Figure:
    """Return a figure that may be a fifth above that of the smaller case."""
    ratio = ours.over(theirs)
    holds = ratio.median <= MOST_TIMES
    asked = f"<= {MOST_TIMES:g} times"
    return Figure(what, "CPU us/event", ours, peer, theirs, ratio, asked, holds, MOST_TIMES)


@dataclass(frozen=True, slots=True)
class Past:
    """Tenants that have asked so often, and the event time in Unix milliseconds at which that was."""

    models: Sequence[TenantModel]
    end: int


def past(requests: int, rows: NDArray[Any]) -> Past:
    """Make tenants with so many requests each."""
    herd = Crowd(_names(MODELS), rows, start=START_MS, gap=GAP_MS)
    fleet = Fleet(DetectorConfig(), lambda _: None)
    for table in tables(herd, MODELS * AN_HOUR, requests * MODELS):
        judge(fleet, table)
    return Past(list(fleet.tenants.values()), START_MS + requests * GAP_MS)


def _names(tenants: int) -> list[bytes]:
    return [name(number).encode() for number in range(tenants)]


def tables(crowd: Crowd, size: int, count: int) -> Iterator[Requests]:
    """Yield so many requests in tables of a size."""
    records = islice(crowd.rounds(), count)
    while batch := list(islice(records, size)):
        yield decode_table([key for key, _ in batch], [value for _, value in batch])[0]


def judge(fleet: Fleet, table: Requests) -> float:
    """Judge a table and return the seconds of computing."""
    nowhere = [-1] * len(table)
    began = time.process_time()
    fleet.apply_many(table, nowhere)
    fleet.take_profiles()
    fleet.take_fingerprints()
    return time.process_time() - began


class Herd:
    """Tenants in partitions, all of them with the same past as one of a few models.

    Parameters
    ----------
    tenants
        How many.
    past
        The models, under whose state each goes on.
    rows
        What they ask.
    """

    def __init__(self, tenants: int, past: Past, rows: NDArray[Any]) -> None:
        self._batches: list[Iterator[Requests]] = []
        self._fleets: list[Fleet] = []
        names = _names(tenants)
        for partition in range(PARTITIONS):
            mine = names[partition::PARTITIONS]
            crowd = Crowd(mine, rows, start=past.end, gap=GAP_MS, seed=partition)
            fleet = Fleet(DetectorConfig(), lambda _: None)
            self._batches.append(tables(crowd, CHUNK, sys.maxsize))
            self._fleets.append(fleet)
            for table in tables(crowd, CHUNK, len(mine)):  # so that each lives
                judge(fleet, table)
            for tenant, model in zip(fleet.tenants.values(), cycle(past.models), strict=False):
                take_over(tenant, model)
        self.cost(2 * tenants)

    def cost(self, requests: int) -> float:
        """Judge about so many requests and return microseconds a request."""
        spent, done = 0.0, 0
        while done < requests:
            ready = [list(islice(batches, READY)) for batches in self._batches]
            for turn in zip(*ready, strict=True):
                for fleet, table in zip(self._fleets, turn, strict=True):
                    spent += judge(fleet, table)
                    done += len(table)
        return 1e6 * spent / done


def take_over(tenant: TenantModel, model: TenantModel) -> None:
    """Give a tenant the state of another."""
    ours, theirs = tenant.state, model.state
    for field in STATE.names or ():
        if field != "name_size":
            ours[field] = theirs[field]


def in_turn(herds: Sequence[Herd], runs: int) -> list[Sample]:
    """Return what an event costs each, measured in turn as often as asked."""
    found = [[herd.cost(SLICE) for herd in herds] for _ in range(runs)]
    return [Sample.of(costs) for costs in zip(*found, strict=True)]
