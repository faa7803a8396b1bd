"""Published detectors as detectors of one tenant's stream, so that they can be compared with ours."""

from __future__ import annotations

from bench.detection.peers.base import Peer
from bench.detection.peers.forest import Forest
from bench.detection.peers.hourly import HourlyRate
from bench.detection.peers.mahalanobis import Mahalanobis
from bench.detection.peers.mmd import MaximumMeanDiscrepancy
from bench.detection.peers.prada import NearestDistances, Prada
from bench.detection.peers.seat import SimilarPairs
from bench.detection.peers.windows import Make, WindowPeer

STATISTICS: dict[str, tuple[Make, int]] = {
    "MMD": (MaximumMeanDiscrepancy, 1),
    "Mahalanobis": (Mahalanobis, 1),
    "SEAT": (SimilarPairs, 2),
    "PRADA": (NearestDistances, 2),
}
"""Of windows, with the number of tails on which each was published."""


def all_peers() -> tuple[Peer, ...]:
    """Return every peer at its published setting."""
    windows = [
        WindowPeer(f"{name}, windows of 100", make, 100, 10, tails)
        for name, (make, tails) in STATISTICS.items()
    ]
    long = WindowPeer("MMD, windows of 1,500", MaximumMeanDiscrepancy, 1500, 50, 1)
    return (windows[0], long, *windows[1:], Prada(), Forest(), HourlyRate())
