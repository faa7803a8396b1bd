"""Run the benchmarks and show them as one table, each figure beside its peer or limit of the same run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import SubprocessError

from rich.console import Console

from bench.against import against
from bench.against import versions as peer_versions
from bench.checkpoints import checkpoints
from bench.figure import Figure
from bench.growth import growth
from bench.latency import latency
from bench.machine import machine, versions
from bench.memory import memory
from bench.options import QUICK_EVENTS, Benchmark, Options
from bench.recovery import recovery
from bench.report import save, table
from bench.scaling import scaling
from bench.stages import stages
from bench.throughput import throughput
from bench.worker import BenchmarkError

BENCHMARKS: Mapping[str, Benchmark] = {
    "throughput": throughput,
    "stages": stages,
    "peers": against,
    "recovery": recovery,
    "latency": latency,
    "checkpoints": checkpoints,
    "scaling": scaling,
    "growth": growth,
    "memory": memory,
}
"""By the name that `--only` knows it by, in the order of the table."""


WIDTH = 190  # of the table, where no terminal says how wide it is


def main() -> int:
    """Run all benchmarks, or those that are named; return 1 if one could not come to its end."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(BENCHMARKS),
        default=list(BENCHMARKS),
        metavar="NAME",
        help=f"of {', '.join(BENCHMARKS)}",
    )
    parser.add_argument("--runs", type=int, help="how often each pair is measured, ours and theirs in turn")
    parser.add_argument("--events", type=int, help="events in a run without text")
    parser.add_argument("--tenants", type=int, help="tenants of a large state")
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    parser.add_argument(
        "--out", type=Path, default=Path(".cache/bench"), help="folder for JSON, table and plot"
    )
    arguments = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    ran_on, built_of = machine(), versions(peer_versions())
    sections: dict[str, list[Figure]] = {}
    failed: list[str] = []
    took: dict[str, float] = {}
    for name in arguments.only:
        console.print(f"{name} ...", style="dim")
        began = time.monotonic()
        try:
            sections[name] = BENCHMARKS[name](options(arguments))
        except (BenchmarkError, SubprocessError) as error:
            failed.append(name)
            console.print(f"{name} failed: {error}", style="red")
        took[name] = time.monotonic() - began
    for facts in (ran_on, built_of):
        console.print(", ".join(f"{name} {value}" for name, value in facts.items()))
    console.print("seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in took.items()))
    console.print(table(sections))
    for path in save(arguments.out, sections, machine=ran_on, versions=built_of, seconds=took):
        console.print(f"written: {path}")
    return int(bool(failed))


def options(arguments: argparse.Namespace) -> Options:
    """Return what was asked for, and the defaults for the rest: small ones for a quick run."""
    usual = Options(runs=1, events=QUICK_EVENTS, tenants=5_000, quick=True) if arguments.quick else Options()
    return Options(
        runs=arguments.runs or usual.runs,
        events=arguments.events or usual.events,
        tenants=arguments.tenants or usual.tenants,
        quick=usual.quick,
    )


if __name__ == "__main__":
    sys.exit(main())
