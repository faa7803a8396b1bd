"""A benign product with an attacker of it, and windows of both.

A pair has no more than 2,000 benign queries, so they are split again and again into a past, which every
detector learns, and the rest, of which windows are made. Windows share queries with each other.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.detection.worlds import sketch_lines
from models.sketch import Sketch

PAIRS = ("agnews", "boolq_random")
PAST = 800
START_MS = 1_780_272_000_000
GAP_MS = 60_000
"""Between two requests."""

Places = NDArray[np.int64]
"""Of queries in `Pair.queries`."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Queries of a product and of its attacker.

    Parameters
    ----------
    queries
        The benign ones first.
    benign
        How many they are.
    """

    name: str
    queries: list[Sketch]
    benign: int

    def split(self, random: np.random.Generator) -> Split:
        """Draw which of the benign queries are the past."""
        order = random.permutation(self.benign)
        return Split(order[:PAST], order[PAST:], np.arange(self.benign, len(self.queries)))


@dataclass(frozen=True, slots=True)
class Split:
    """The benign queries to learn, in order, the benign queries for windows, and the attack queries."""

    past: Places
    benign: Places
    attack: Places

    def window(self, size: int, share: float, random: np.random.Generator) -> Places:
        """Draw a window with a share of attack queries, none twice, in random order."""
        attacks = round(share * size)
        benign = random.choice(self.benign, size - attacks, replace=False)
        attack = random.choice(self.attack, attacks, replace=False)
        return random.permutation(np.concatenate([benign, attack]))


def read_pair(folder: Path, name: str) -> Pair:
    """Read and sketch a pair of the evaluation data."""
    data = folder / "data" / "dev"
    benign = texts(data / f"meabenign_{name}.jsonl.gz")
    attack = texts(data / f"mea_{name}.jsonl.gz")
    return Pair(name, list(sketch_lines(events(benign + attack))), len(benign))


def texts(path: Path) -> list[str]:
    """Return the texts of a data file, without blank ones."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = (str(json.loads(line)["text"]).strip() for line in lines)
        return [text for text in found if text]


def events(prompts: list[str]) -> Iterator[bytes]:
    """Make each text a request of the native format, with nothing that could tell benign from attack."""
    for number, prompt in enumerate(prompts):
        event = {"id": f"q{number}", "time": START_MS + number * GAP_MS, "tenant": "pair", "prompt": prompt}
        yield json.dumps(event).encode()
