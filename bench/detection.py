"""What is found and what it costs in false alarms, on labelled worlds of real prompts and rates.

The worlds come from outside the repository: a folder with `eval/world.py`, `eval/score.py`, a manifest and
the data, named by DISTILLWATCH_EVAL or lying beside the repository as `../shared`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
BENIGN, DAYS = 110, 4


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


def evaluation_folder() -> Path | None:
    """Return the folder of the evaluation worlds, if there is one."""
    folder = Path(os.environ.get("DISTILLWATCH_EVAL", ROOT.parent / "shared"))
    return folder if (folder / "eval" / "world.py").exists() else None


def judge(folder: Path, seed: int, settings: list[str]) -> dict[str, Any]:
    """Make one world, run the backtest over it and score its findings."""
    with TemporaryDirectory(prefix="distillwatch-world-") as name:
        scratch = Path(name)
        world, truth, alerts = scratch / "world.jsonl.gz", scratch / "truth.json", scratch / "alerts.jsonl"
        evaluation = folder / "eval"
        source = ["--data", folder / "data" / "dev", "--manifest", evaluation / "dev.json"]
        size = ["--seed", seed, "--benign", BENIGN, "--days", DAYS]
        run(sys.executable, evaluation / "world.py", *source, *size, "--out", world, "--truth", truth)
        flags = [word for setting in settings for word in ("--set", setting)]
        started = time.perf_counter()
        run(sys.executable, "-m", "streams", *flags, "backtest", world, "--alerts", alerts)
        seconds = time.perf_counter() - started
        scored = run(sys.executable, evaluation / "score.py", "--truth", truth, "--alerts", alerts, "--json")
        result: dict[str, Any] = json.loads(scored)
    return result | {"seconds": seconds}


def run(*command: object) -> str:
    """Run a program to its end and return what it printed."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


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
