"""Our worker against the same signals in the frameworks that one would otherwise write them in.

All read the same topic of metadata keyed by tenant, with four partitions, in one process each, and in turn.
Ours is the whole worker: all of its signals, evidence, episodes and checkpoints. Theirs are the three signals
of `bench.peers.signals`, in memory as well as kept so that they outlive the process.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired

from bench import pace
from bench.broker import fill, kafka, settings_for
from bench.figure import Figure, Sample, beside, unable
from bench.options import Options
from bench.pace import Pace
from bench.traffic import events
from bench.worker import free_port, speed

OURS = sys.executable
THEIRS = str(Path(__file__).resolve().parents[1] / ".venv-peers" / "bin" / "python")
WHAT = "fused worker, metadata only"
FUSED = {"source.keyed_by_tenant": True}
CLOCKS: Mapping[str, tuple[Callable[[Pace], float], bool]] = {
    "events/s": (lambda pace: pace.a_second, True),
    "events/CPU s": (lambda pace: pace.a_cpu_second, False),
}
"""How a pace is read, and whether anything is asked of that, by unit."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody to compare with.

    Parameters
    ----------
    name, kept
        As the table calls it, and where its statistics are.
    package
        Its distribution.
    module
        What is run.
    python
        The interpreter that has it.
    share
        Of the events that it is given: one that is slow needs fewer for the same time.
    least
        How many times faster ours should be.
    durable
        Whether it keeps its statistics as its documentation keeps state, so that they outlive the process, as
        ours do, and not in a dict.
    """

    name: str
    kept: str
    package: str
    module: str
    python: str
    share: float = 1.0
    least: float = 1.0
    durable: bool = False

    def version(self) -> str:
        """Return the version of the package, or an empty text where it is not installed."""
        if self.python == OURS:
            return version(self.package)
        ask = f"from importlib.metadata import version; print(version({self.package!r}))"
        try:
            done = subprocess.run([self.python, "-c", ask], capture_output=True, text=True, check=True)
        except (OSError, CalledProcessError):
            return ""
        return done.stdout.strip()

    def run(self, bootstrap: str, topic: str, alerts: str, count: int) -> Pace:
        """Let it read so many events of a topic."""
        where = "durable" if self.durable else "memory"
        words = [f"bench.peers.{self.module}", bootstrap, topic, alerts, str(count), where]
        return pace.of([self.python, "-m", *words], PYTHONWARNINGS="ignore")


PEERS = (
    Peer("stock Faust agent", "in memory", "faust-streaming", "stock_faust", OURS, share=0.1, least=5.0),
    Peer("Quix Streams", "in memory", "quixstreams", "quix", THEIRS, share=0.25),
    Peer("Bytewax", "in memory", "bytewax", "byte_wax", THEIRS),
    Peer("plain aiokafka loop", "in memory", "aiokafka", "plain", OURS),
    Peer("stock Faust agent", "table", "faust-streaming", "stock_faust", OURS, 0.025, 5.0, durable=True),
    Peer("Quix Streams", "its state", "quixstreams", "quix", THEIRS, share=0.05, durable=True),
    Peer("Bytewax", "recovery store", "bytewax", "byte_wax", THEIRS, durable=True),
)


def versions() -> dict[str, str]:
    """Return the versions of the peers that are not among our own dependencies."""
    return {peer.package: peer.version() or "not installed" for peer in PEERS if peer.python == THEIRS}


def against(options: Options) -> list[Figure]:
    """Run ours and a peer in turn, as often as asked; return a figure for each peer and both clocks.

    Ours runs before each of them: what the one before left for the machine to do would else count as ours.
    """
    ours: dict[Peer, list[Pace]] = {peer: [] for peer in PEERS}
    theirs: dict[Peer, list[Pace]] = {peer: [] for peer in PEERS}
    missing = {peer: _missing(peer) for peer in PEERS}
    most = options.events
    with kafka() as bootstrap:
        topic = settings_for(bootstrap, free_port(), **FUSED).source.topic
        fill(bootstrap, topic, events(most, text=False))
        for _ in range(options.runs):
            for peer in (peer for peer in PEERS if not missing[peer]):
                settings = settings_for(bootstrap, free_port(), **FUSED, **{"source.topic": topic})
                ours[peer].append(speed(settings, "detect", most))
                count = round(most * peer.share)
                try:
                    theirs[peer].append(peer.run(bootstrap, topic, settings.topics.alerts, count))
                except (CalledProcessError, TimeoutExpired) as error:
                    missing[peer] = f"failed ({type(error).__name__})"
    every = [pace for paces in ours.values() for pace in paces]
    return [
        _figure(peer, clock, ours[peer] or every, theirs[peer], missing[peer])
        for clock in CLOCKS
        for peer in PEERS
    ]


def _figure(peer: Peer, clock: str, ours: Sequence[Pace], theirs: Sequence[Pace], missing: str) -> Figure:
    speed_of, asked = CLOCKS[clock]
    sample = Sample.of(map(speed_of, ours))
    if missing:
        return unable(WHAT, clock, sample, peer.name, missing)
    name = f"{peer.name} {peer.version()}, {peer.kept}"
    least = peer.least if asked else None
    return beside(WHAT, clock, sample, name, Sample.of(map(speed_of, theirs)), least=least)


def _missing(peer: Peer) -> str:
    """Return why a peer cannot run; nothing if it can."""
    if not Path(peer.python).exists():
        return f"not installed, {Path(peer.python).parents[1].name} is missing: run `make bench`"
    return "" if peer.version() else "not installed, it has no wheel for this Python"
