"""What is found and what it costs in false alarms, on labelled worlds of real prompts and rates."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.detection.worlds import evaluation_folder, make_world, run


def main() -> None:
    """Make worlds, judge them, print the table."""
    parser = argparse.ArgumentParser(prog="bench.detection", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting")
    arguments = parser.parse_args()
    folder = evaluation_folder()
    if folder is None:
        print("skipped: no evaluation worlds; name their folder by DISTILLWATCH_EVAL")
        return
    scores = [judge(folder, seed, arguments.set) for seed in arguments.seeds]
    Console().print(table(scores))


def judge(folder: Path, seed: int, settings: list[str]) -> dict[str, Any]:
    """Make one world, run the backtest over it and score its findings."""
    with TemporaryDirectory(prefix="distillwatch-world-") as name:
        scratch = Path(name)
        world, truth, alerts = scratch / "world.jsonl.gz", scratch / "truth.json", scratch / "alerts.jsonl"
        make_world(folder, seed, world, truth)
        flags = [word for setting in settings for word in ("--set", setting)]
        started = time.perf_counter()
        run(sys.executable, "-m", "streams", *flags, "backtest", world, "--alerts", alerts)
        seconds = time.perf_counter() - started
        scored = run(
            sys.executable, folder / "eval" / "score.py", "--truth", truth, "--alerts", alerts, "--json"
        )
        result: dict[str, Any] = json.loads(scored)
    return result | {"seconds": seconds}


def table(scores: list[dict[str, Any]]) -> Table:
    """Put the scores of several worlds together."""
    false_alerts = sum(score["false_alerts"] for score in scores)
    days = sum(score["clean_tenant_days"] for score in scores)
    seconds = ", ".join(f"{score['seconds']:.0f}" for score in scores)
    title = f"{len(scores)} worlds: {false_alerts / days:.4f} false alerts a clean tenant-day ({seconds} s)"
    found = Table("scenario", "caught", "share", "median of medians", "worst", title=title)
    scenarios: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for score in scores:
        for scenario, figures in score["scenarios"].items():
            scenarios[scenario].append(figures)
    for scenario, figures in scenarios.items():
        caught, all_of_them = (sum(part[key] for part in figures) for key in ("caught", "tenants"))
        medians = [part["median_queries"] for part in figures if part["median_queries"] is not None]
        worst = max((part["worst_queries"] or 0 for part in figures), default=0)
        median = f"{statistics.median(medians):g}" if medians else "-"
        share = f"{caught / all_of_them:.0%}"
        found.add_row(scenario, f"{caught}/{all_of_them}", share, median, f"{worst}" if medians else "-")
    return found


if __name__ == "__main__":
    main()
