"""A campaign of 25,000 accounts among 1,000,000 tenants: when it is found, and what the search costs.

Simulated at the level of fingerprints. The same at smaller sizes shows how cost and memory grow.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.detection.campaigns.simulated import START_MS, Size, records
from bench.detection.campaigns.stages import Cost, Found, Hidden, alone, hide, search
from bench.detection.command import Row, Section, command, progress

HOUR_MS = 3_600_000
DAY_HOURS = 24
MEBI = 2**20

IN_MEMORY = 10
"""Templates stay in memory for one in so many tenants, so that fleets of different sizes compare."""

BETWEEN = 50
"""There is a checkpoint for each fingerprint of one in so many tenants: about as often in event time."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one fleet."""

    size: Size
    hidden: Hidden
    found: Found


def main() -> None:
    """Simulate, search and print the tables."""
    command("bench.detection.campaigns.scale", __doc__, measure, options=_options)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--tenants", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--days", type=float, default=3.0, help="the campaign begins after the first")


def measure(_folder: Path, arguments: Namespace) -> list[Section]:
    """Search one fleet of each size and seed."""
    runs = []
    for seed in arguments.seeds:
        for tenants in arguments.tenants:
            runs.append(run(Size(tenants, arguments.days), seed))
            progress(f"{tenants} tenants are searched")
    return [detection(runs), costs(runs), growth(runs)]


def run(size: Size, seed: int) -> Run:
    """Simulate one fleet and take it through both stages, each in a process of its own."""
    with TemporaryDirectory(prefix="distillwatch-scale-") as name:
        told, passed = Path(name) / "told", Path(name) / "passed"
        rows = records(size, seed)
        rows.tofile(told)
        progress(f"{len(rows)} fingerprints of {size.tenants} tenants are simulated")
        hidden: Hidden = alone(hide, told, size.tenants // IN_MEMORY, size.tenants // BETWEEN)
        rows[hidden.passed].tofile(passed)
        progress(f"{len(hidden.passed)} of them left the first stage")
        found: Found = alone(search, passed)
    return Run(size, hidden, found)


def detection(runs: Sequence[Run]) -> Section:
    """One row a fleet: when the campaign was seen, and who else was named."""
    rows: list[Row] = []
    for one in runs:
        best, false = _best(one)
        row: dict[str, Any] = {"tenants": one.size.tenants, "accounts": one.size.campaign}
        rows.append(row | _course(one, best) | {"false campaigns": false})
    return Section("a campaign among many tenants", rows, ["hours: since the first account of it began"])


def costs(runs: Sequence[Run]) -> Section:
    """One row a fleet and stage."""
    rows: list[Row] = []
    for one in runs:
        sizes = {"templates": one.hidden.templates, "searched": one.found.templates}
        for stage, cost, templates in (
            ("templates", one.hidden.cost, sizes["templates"]),
            ("campaigns", one.found.cost, sizes["searched"]),
        ):
            rows.append(
                {
                    "tenants": one.size.tenants,
                    "stage": stage,
                    "fingerprints": cost.fingerprints,
                    "CPU s": cost.seconds,
                    "a million": 1e6 * cost.seconds / max(1, cost.fingerprints),
                    "a day": cost.seconds / one.size.days,
                    "slowest batch, s": cost.slowest or None,
                    "memory, MiB": cost.memory / MEBI,
                    "state, MiB": cost.state / MEBI,
                    "templates": templates,
                }
            )
    return Section("what the two stages cost", rows)


def growth(runs: Sequence[Run]) -> Section:
    """One row a step from one size to the next: by how much everything grows."""
    rows: list[Row] = []
    for small, large in pairwise(runs):
        times = large.size.tenants / small.size.tenants
        row: dict[str, Any] = {"from": small.size.tenants, "to": large.size.tenants, "times": times}
        for stage, less, more in (
            ("templates", small.hidden.cost, large.hidden.cost),
            ("campaigns", small.found.cost, large.found.cost),
        ):
            row |= {f"{stage}: {name}": ratio for name, ratio in _ratios(less, more).items()}
        rows.append(row)
    return Section("growth", rows, ["by how many times each figure grows; as the tenants or less is linear"])


def _ratios(less: Cost, more: Cost) -> Mapping[str, float]:
    names = {"CPU": "seconds", "memory": "memory", "state": "state"}
    return {word: getattr(more, name) / max(getattr(less, name), 1e-9) for word, name in names.items()}


def _best(one: Run) -> tuple[str | None, int]:
    """Return the campaign that names most of the true accounts, and how many consist of others."""
    true = {uid: sum(_belongs(one, name) for name in named) for uid, named in one.found.named.items()}
    false = sum(2 * count < len(one.found.named[uid]) for uid, count in true.items())
    best = max(true, key=lambda uid: true[uid], default=None)
    return (best if best is not None and true[best] else None), false


def _belongs(one: Run, tenant: str) -> bool:
    return int(tenant.rpartition("-")[2]) >= one.size.tenants


def _course(one: Run, best: str | None) -> dict[str, Any]:
    """Return when the campaign opened, when half of it was named, and how much after a day and in the end."""
    if best is None:
        return dict.fromkeys(("opened, h", "half, h", "named in 24 h", "named", "precision"))
    begun = START_MS + 24 * one.size.onset_days * HOUR_MS
    named = one.found.named[best]
    hours = np.sort([(time - begun) / HOUR_MS for name, time in named.items() if _belongs(one, name)])
    accounts, middle = one.size.campaign, one.size.campaign // 2
    return {
        "opened, h": (one.found.opened[best] - begun) / HOUR_MS,
        "half, h": float(hours[middle - 1]) if len(hours) >= middle else None,
        "named in 24 h": float((hours <= DAY_HOURS).sum() / accounts),
        "named": len(hours) / accounts,
        "precision": len(hours) / len(named),
    }


if __name__ == "__main__":
    main()
