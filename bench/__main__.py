"""Measure throughput and print it as a table, each figure beside the limit of the same run."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from bench.broker import fill, kafka, settings_for
from bench.recovery import recovery
from bench.stages import costs
from bench.traffic import events
from bench.worker import free_port, speed

STAGE_EVENTS = 20_000


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events in each run over Kafka")
    parser.add_argument("--tenants", type=int, default=100_000, help="tenants of state to recover")
    arguments = parser.parse_args()
    count, tenants = arguments.events, arguments.tenants
    console = Console()
    console.print(f"Python {platform.python_version()}, {platform.machine()}, {count} events a run")
    console.print(throughput(count))
    console.print(recovery(tenants))
    for title, text in (("with text of 20 to 100 tokens", True), ("metadata only", False)):
        console.print(stage_table(title, text=text))


def throughput(count: int) -> Table:
    """Measure one worker process over a real Apache Kafka against reading and decoding alone."""
    table = Table("over Apache Kafka, one process", "events/s", "of the limit", title="Throughput")
    with kafka() as bootstrap:
        text = settings_for(bootstrap, free_port())
        fill(bootstrap, text.source.topic, events(count, text=True))
        fused = settings_for(bootstrap, free_port(), **{"source.keyed_by_tenant": True})
        fill(bootstrap, fused.source.topic, events(count, text=False))
        limits = [limit(bootstrap, topic, count) for topic in (text.source.topic, fused.source.topic)]
        table.add_row("limit: getmany + orjson.loads, events with text", f"{limits[0]:,.0f}", "100%")
        table.add_row("limit: getmany + orjson.loads, metadata only", f"{limits[1]:,.0f}", "100%")
        whole = speed(text, "detect", count)
        sketches = settings_for(bootstrap, free_port(), **{"topics.sketches": text.topics.sketches})
        rows = (
            ("whole pipeline in one process, text in, findings out", whole, limits[0]),
            ("detect, sketches in", speed(sketches, "detect", count), limits[1]),
            ("fused intake and detect, metadata only", speed(fused, "detect", count), limits[1]),
        )
        for name, found, most in rows:
            table.add_row(name, f"{found:,.0f}", f"{found / most:.1%}")
    return table


def limit(bootstrap: str, topic: str, count: int) -> float:
    """Read and decode a topic in a process of its own; return events a second."""
    command = [sys.executable, "-m", "bench.limit", bootstrap, topic, str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def stage_table(title: str, *, text: bool) -> Table:
    """Measure the steps one by one, in this process."""
    table = Table(title, "us an event", "events/s on one core", title="Where the time goes")
    for step, cost in costs(list(events(STAGE_EVENTS, text=text))).items():
        table.add_row(step, f"{cost:.1f}", f"{1e6 / cost:,.0f}")
    return table


if __name__ == "__main__":
    main()
