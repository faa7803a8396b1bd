"""A world is sketched once and read back tenant by tenant."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bench.detection import worlds
from bench.detection.worlds import digest, sketched_world, tenant_sketches

START_MS = 1_772_582_400_000
COUNT = 1100  # more than two batches


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The seeds of the worlds that were made."""
    seeds: list[int] = []

    def make(_folder: Path, seed: int, world: Path, truth: Path) -> None:
        seeds.append(seed)
        truth.write_text(json.dumps({"seed": seed}))
        with gzip.open(world, "wt") as out:
            for number in range(COUNT):
                event = {"id": f"r{number}", "time": START_MS + number, "tenant": f"t{number % 3}"}
                out.write(json.dumps(event | {"prompt": f"what is {number}"}) + "\n")

    monkeypatch.setattr(worlds, "make_world", make)
    monkeypatch.setattr(worlds, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(worlds, "digest", lambda _folder: "0")
    return seeds


def test_every_event_comes_back_with_its_tenant_in_order(made: list[int], tmp_path: Path) -> None:
    truth, world = sketched_world(tmp_path, 7)
    assert truth == {"seed": 7}
    assert made == [7]
    numbers = {name: [int(x.id[1:]) for x in tenant_sketches(name, world[name])] for name in world}
    assert numbers == {f"t{tenant}": list(range(tenant, COUNT, 3)) for tenant in range(3)}


def test_a_world_is_made_once(made: list[int], tmp_path: Path) -> None:
    assert sketched_world(tmp_path, 7) == sketched_world(tmp_path, 7)
    assert made == [7]


def test_the_name_of_the_sketches_depends_on_what_the_world_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    names = set()
    for manifest in ("{}", "[]"):
        for name in ("world.py", "dev.json"):
            (tmp_path / "eval" / name).write_text(manifest)
        names.add(digest(tmp_path))
    assert len(names) == 2
