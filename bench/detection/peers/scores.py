"""Scores of the peers on a world, kept in the cache: they take long and do not depend on our detector."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.detection import worlds
from bench.detection.counting import Scored
from bench.detection.peers.base import Peer, traffic_of
from bench.detection.worlds import World, digest, tenant_sketches

CODE = Path(__file__).parent

ByPeer = dict[str, dict[str, Scored]]
"""By peer and tenant."""


def kept_scores(
    folder: Path, seed: int, world: World, peers: Sequence[Peer]
) -> tuple[ByPeer, dict[str, float]]:
    """Return the scores of every tenant, and how many seconds of the processor each peer took for them."""
    code = [path for path in sorted(CODE.glob("*.py")) if path.name not in {"__main__.py", "scores.py"}]
    path = worlds.CACHE / f"peers-{seed}-{len(peers)}-{digest(folder, *code)}.npz"
    if not path.exists():
        found, seconds = scored(world, peers)
        _write(path, world, found, seconds)
    return _read(path, world, peers)


def scored(world: World, peers: Sequence[Peer]) -> tuple[ByPeer, dict[str, float]]:
    """Score every tenant of a world."""
    found: ByPeer = {peer.name: {} for peer in peers}
    seconds: dict[str, float] = defaultdict(float)
    for number, (name, values) in enumerate(world.items(), 1):
        traffic = traffic_of(tenant_sketches(name, values))
        for peer in peers:
            started = time.process_time()
            scores = peer.score(traffic)
            found[peer.name][name] = Scored(traffic.times[scores.places], scores.values)
            seconds[peer.name] += time.process_time() - started
        if number % 20 == 0:
            print(f"  peers: {number} of {len(world)} tenants", file=sys.stderr, flush=True)
    return found, seconds


def _write(path: Path, world: World, found: ByPeer, seconds: dict[str, float]) -> None:
    columns: dict[str, Any] = {}
    for place, (peer, of_it) in enumerate(found.items()):
        scores = [of_it[name] for name in world]
        columns[f"counts{place}"] = np.array([len(one.times) for one in scores])
        columns[f"times{place}"] = np.concatenate([one.times for one in scores])
        columns[f"values{place}"] = np.concatenate([one.values for one in scores])
        columns[f"seconds{place}"] = np.array(seconds[peer])
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part.npz")
    np.savez(fresh, **columns)
    fresh.replace(path)


def _read(path: Path, world: World, peers: Sequence[Peer]) -> tuple[ByPeer, dict[str, float]]:
    found: ByPeer = {}
    seconds: dict[str, float] = {}
    with np.load(path, allow_pickle=False) as columns:
        for place, peer in enumerate(peers):
            ends = np.cumsum(columns[f"counts{place}"])[:-1]
            times, values = (np.split(columns[f"{name}{place}"], ends) for name in ("times", "values"))
            found[peer.name] = {name: Scored(*pair) for name, *pair in zip(world, times, values, strict=True)}
            seconds[peer.name] = float(columns[f"seconds{place}"])
    return found, seconds
