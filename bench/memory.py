"""How much memory live tenants take, and that tenants who are only known take none.

`python -m bench.memory --known 1000000` tries it with a million known tenants. The state topic holds them all
before the worker starts. It reads sketches, and a tenant is restored by its first request.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from rich.console import Console

from bench.broker import fill, kafka, settings_for
from bench.crowd import Crowd, pool
from bench.figure import Figure, Sample, at_most, beside, stated
from bench.options import Options
from bench.pages import judged, resident_kib, samples, wait_until
from bench.report import table
from bench.tenants import snapshots, state_records
from bench.traffic import name
from bench.worker import cpu_seconds, free_port, worker
from streams.settings import Settings
from streams.simulation import START_MS

KIB_A_TENANT, MIB_A_WORKER = 12.0, 2_048.0
FEW, BUSY = 256, 1_000
KNOWN = 2
"""Times as many tenants are known as may live."""

GAP_MS = 60_000
AFTER_THE_MODELS_MS = 6 * 3_600_000
CHECKPOINT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What a worker had become when it had judged some more requests.

    Parameters
    ----------
    kib
        Its resident memory.
    us
        What it computed for each of them, in microseconds.
    """

    kib: int
    us: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Parameters
    ----------
    few, busy
        With a few live tenants; with a thousand, who asked many times each.
    restored, full
        When as many as may live were restored by a first request, and had asked again.
    churned
        After half as many again have asked, for whom others had to leave.
    live
        Tenants in memory then.
    start_seconds
        From the start of the worker until all known tenants were read.
    """

    few: Phase
    busy: Phase
    restored: Phase
    full: Phase
    churned: Phase
    live: int
    start_seconds: float


def memory(options: Options, known: int = 0) -> list[Figure]:
    """Measure a worker that reads sketches, with so many live tenants as are asked for.

    Parameters
    ----------
    known
        Tenants on the state topic; twice as many as may live if not given.
    """
    live = options.tenants
    known = known or KNOWN * live
    found = measure(live, known)
    tenants, many = f"{live:,} live tenants", f"{known:,} known tenants"
    busy, full = Sample.of([found.busy.us]), Sample.of([found.full.us])
    return [
        at_most(
            f"memory: one of {tenants}",
            "KiB",
            Sample.of([(found.full.kib - found.few.kib) / (live - FEW)]),
            KIB_A_TENANT,
        ),
        at_most(f"memory: worker with {tenants} of {many}", "MiB", _mib(found.full), MIB_A_WORKER),
        at_most(
            f"memory: the same after {live // 2:,} others came; {found.live:,} live",
            "MiB",
            _mib(found.churned),
            MIB_A_WORKER,
        ),
        stated(f"memory: worker with {FEW} of {many}", "MiB", _mib(found.few)),
        stated(f"memory: start with {many} on the topic", "s", Sample.of([found.start_seconds])),
        beside(
            f"detect over the bus, {tenants}, checkpoints and all", "CPU us/event", full, f"{BUSY:,}", busy
        ),
        stated(
            "detect, first request of a tenant who is restored",
            "CPU us/event",
            Sample.of([found.restored.us]),
        ),
    ]


def _mib(phase: Phase) -> Sample:
    return Sample.of([phase.kib / 1024])


def measure(live: int, known: int) -> Measured:
    """Run a worker whose memory is meant for so many tenants, and let a half more ask."""
    with kafka() as bootstrap:
        changes = {"state.max_tenants": live}
        settings = settings_for(bootstrap, free_port(), **changes)
        names = [name(number).encode() for number in range(known)]
        fill(bootstrap, settings.topics.state, state_records(names, snapshots()))
        crowd = Crowd(names[: live + live // 2], pool(), start=START_MS + AFTER_THE_MODELS_MS, gap=GAP_MS)
        began = time.monotonic()
        with worker(settings) as process:
            run = _Run(bootstrap, settings, process)
            few = run.after(crowd.round(range(FEW)))
            start_seconds = time.monotonic() - began
            run.after(crowd.round(range(BUSY)))
            busy = run.after(chain.from_iterable(crowd.round(range(BUSY)) for _ in range(live // BUSY)))
            restored = run.after(crowd.round(range(live)))
            full = run.after(crowd.round(range(live)))
            churned = run.after(crowd.round(range(live, len(crowd))))
            alive = samples(settings)["distillwatch_live_tenants"]
    return Measured(few, busy, restored, full, churned, int(alive), start_seconds)


class _Run:
    """A worker that is given sketches again and again."""

    def __init__(self, bootstrap: str, settings: Settings, process: subprocess.Popen[bytes]) -> None:
        self._bootstrap = bootstrap
        self._settings = settings
        self._process = process
        self._asked = 0

    def after(self, records: Iterable[tuple[bytes, bytes]]) -> Phase:
        """Return what the worker is like when these have been judged and written to the state topic."""
        counted, before = list(records), cpu_seconds(self._process.pid)
        fill(self._bootstrap, self._settings.topics.sketches, counted)
        self._asked += len(counted)
        wait_until(self._process, "judged", lambda: judged(self._settings) >= self._asked)
        time.sleep(2 * CHECKPOINT_SECONDS)
        spent = cpu_seconds(self._process.pid) - before  # with the checkpoint that comes after them
        return Phase(resident_kib(self._process), 1e6 * spent / len(counted))


def main() -> None:
    """Run the benchmark alone."""
    parser = argparse.ArgumentParser(prog="bench.memory", description=__doc__)
    parser.add_argument("--tenants", type=int, default=100_000, help="tenants that may live in memory")
    parser.add_argument("--known", type=int, default=0, help="tenants on the state topic")
    arguments = parser.parse_args()
    Console().print(table({"memory": memory(Options(tenants=arguments.tenants), arguments.known)}))


if __name__ == "__main__":
    main()
