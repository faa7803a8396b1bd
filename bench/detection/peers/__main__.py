"""Our detector beside the published ones, on the same worlds and at the same number of false alarms.

Each peer is shown twice: at its published setting, and with the threshold at which it makes as many false
alerts as ours does on these worlds. The latter favours the peers, for it is chosen by looking at the
answers. Alarms in a row count as one alert for all alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.detection import ours
from bench.detection.counting import Account, Found, Result, Scored, accounts_of, alerts_at, count, tune
from bench.detection.ours import NAME
from bench.detection.peers import all_peers
from bench.detection.peers.base import Peer
from bench.detection.peers.scores import kept_scores
from bench.detection.worlds import CACHE, evaluation_folder, sketched_world

CAMPAIGNS = ("hydra", "hydra-resold")
"""Accounts too quiet for any of these detectors; in the JSON, not in the table."""

WIDTH = 200
"""Of the table where there is no terminal."""


class Comparison:
    """Everything that is known of the tenants of several worlds."""

    def __init__(self, peers: tuple[Peer, ...]) -> None:
        self._peers = peers
        self.accounts: dict[str, Account] = {}
        self.ours: dict[str, list[int]] = {}
        self.scored: dict[str, dict[str, Scored]] = {peer.name: {} for peer in peers}
        self.seconds: dict[str, float] = defaultdict(float)

    def add(self, folder: Path, seed: int) -> None:
        """Run every detector over a world."""
        truth, world = sketched_world(folder, seed)
        self.accounts |= {f"{seed}/{name}": account for name, account in accounts_of(truth).items()}
        started = time.process_time()
        courses = ours.judge(world)
        self.seconds[NAME] += time.process_time() - started
        self.ours |= {f"{seed}/{name}": course.alerts for name, course in courses.items()}
        scored, seconds = kept_scores(folder, seed, world, self._peers)
        for name, of_it in scored.items():
            self.scored[name] |= {f"{seed}/{tenant}": scores for tenant, scores in of_it.items()}
            self.seconds[name] += seconds[name]

    def results(self) -> list[tuple[str, str, Result]]:
        """Return name, setting and result: ours, each peer at our false alarms, each as published."""
        own = count(self.accounts, self.ours)
        tuned, published = [], []
        for name, scored in self.scored.items():
            threshold = tune(self.accounts, scored, own.false_alerts)
            result = count(self.accounts, alerts_at(scored, threshold))
            tuned.append((name, f"{threshold:.3g}", result))
            published.append((name, "published", count(self.accounts, alerts_at(scored, 1.0))))
        return [(NAME, "default", own), *tuned, *published]


def main() -> None:
    """Run the comparison, print the table and write it as JSON."""
    parser = argparse.ArgumentParser(prog="bench.detection.peers", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument(
        "--json",
        dest="out",
        metavar="FILE",
        type=Path,
        default=CACHE / "peers.json",
        help="where the JSON goes",
    )
    arguments = parser.parse_args()
    folder = evaluation_folder()
    if folder is None:
        print("skipped: no evaluation worlds; name their folder by DISTILLWATCH_EVAL")
        return
    comparison = Comparison(all_peers())
    for seed in arguments.seeds:
        comparison.add(folder, seed)
        print(f"world {seed} is done", file=sys.stderr)
    results = comparison.results()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(record(arguments.seeds, results, comparison.seconds))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table(arguments.seeds, results))


def record(seeds: list[int], results: list[tuple[str, str, Result]], seconds: dict[str, float]) -> str:
    """The table for programs, as JSON."""
    found = {
        "seeds": seeds,
        "clean_tenant_days": round(results[0][2].clean_days, 1),
        "cpu_seconds": {name: round(value, 1) for name, value in seconds.items()},
        "rows": [
            {"detector": name, "setting": setting} | result.record() for name, setting, result in results
        ],
    }
    return json.dumps(found, indent=1) + "\n"


def table(seeds: list[int], results: list[tuple[str, str, Result]]) -> Table:
    """One row a detector and setting, one column a scenario: caught, and the median attack queries."""
    scenarios = [name for name in results[0][2].scenarios if name not in CAMPAIGNS]
    worlds = ", ".join(map(str, seeds))
    days = results[0][2].clean_days
    title = f"worlds {worlds}: caught (median attack queries to the alert); {days:.0f} clean tenant-days"
    found = Table("detector", "threshold", "false alerts/tenant-day", *scenarios, title=title)
    for name, setting, result in results:
        cells = [_cell(result.scenarios[scenario]) for scenario in scenarios]
        found.add_row(name, setting, f"{result.rate:.4f}", *cells)
    return found


def _cell(found: Found) -> str:
    share = f"{len(found.queries)}/{found.tenants}"
    return share if found.median is None else f"{share} ({found.median:g})"


if __name__ == "__main__":
    main()
