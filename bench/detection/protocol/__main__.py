"""How many windows with a share of attack queries are told from benign ones, as arXiv 2606.05725 counts.

The attacker and benign pairs of the evaluation data (`mea_*`, `meabenign_*`): windows of 100 and 500
queries, of which 5 to 100% are the attacker's, in random order, and thresholds from benign data alone: a
percentile of the statistic on held-out benign windows, and each detector's own. The false-positive rate is
measured on other benign windows. Ours learns the past as a tenant's traffic, then sees a window's requests;
its statistic is the highest evidence within the window, and its own threshold that of the default budget.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.detection.protocol.pairs import PAIRS, read_pair
from bench.detection.protocol.rates import SHARES, Row, rows
from bench.detection.worlds import CACHE, evaluation_folder

SIZES = (100, 500)
WIDTH = 140
"""Of the table where there is no terminal."""

PUBLISHED = (
    ("MMD", 100, (0.007, 0.013, 0.046, 0.76, 0.989, 1.0)),
    ("MMD, 5 of the pairs", 500, (0.012, 0.15, 0.80, 0.996, 1.0, 1.0)),
    ("MMD", 1500, (0.003, 0.590, 0.937, 1.0, 1.0, 1.0)),
    ("Mahalanobis", 1500, (0.142, 0.705, 0.832, 0.919, 0.990, 1.0)),
    ("SEAT", 1500, (0.136, 0.317, 0.645, 0.932, 0.979, 1.0)),
    ("PRADA", 1500, (0.073, 0.189, 0.254, 0.582, 0.663, 0.778)),
)
"""The means of the 14 published pairs, with another embedding; 0.012 is the most at any size of window."""


def main() -> None:
    """Run the protocol, print the table and write it as JSON."""
    parser = argparse.ArgumentParser(prog="bench.detection.protocol", description=__doc__)
    parser.add_argument("--windows", type=int, default=100, help="windows of each share and size")
    parser.add_argument(
        "--json",
        dest="out",
        metavar="FILE",
        type=Path,
        default=CACHE / "protocol.json",
        help="where the JSON goes",
    )
    arguments = parser.parse_args()
    folder = evaluation_folder()
    if folder is None:
        print("skipped: no evaluation data; name their folder by DISTILLWATCH_EVAL")
        return
    pairs = [read_pair(folder, name) for name in PAIRS]
    found = [row for pair in pairs for size in SIZES for row in rows(pair, size, arguments.windows)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table(found))


def table(found: Sequence[Row]) -> Table:
    """Measured rows by pair, size and threshold, then the published ones."""
    shares = [f"{share:.0%}" for share in SHARES[1:]]
    title = "share of windows alarmed, by the attacker's share"
    result = Table("pair", "window", "threshold", "detector", "benign (FPR)", *shares, title=title)
    for row in sorted(found, key=lambda row: (row.pair, row.size, row.level or 1.0)):
        threshold = "its own" if row.level is None else f"{100 * row.level:g}th benign percentile"
        result.add_row(row.pair, f"{row.size}", threshold, row.detector, *_cells(row.rates))
    result.add_section()
    for name, size, rates in PUBLISHED:
        result.add_row("14 published", f"{size:,}", "as published", name, *_cells(rates))
    return result


def _cells(rates: Sequence[float]) -> list[str]:
    return [f"{rate:.3f}" for rate in rates]


if __name__ == "__main__":
    main()
