"""Labelled worlds: made by the evaluation folder, sketched once, read tenant by tenant.

The worlds come from outside the repository: a folder with `eval/world.py`, a manifest and the data, named by
DISTILLWATCH_EVAL or lying beside the repository as `../shared`. The sketches of a world take minutes to make
and are kept in `.cache/detection`, named after the code that made them.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import count
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from typing import Any

from models.native import decode_native
from models.requests import Requests
from models.sketch import MISSING, Origin, Sketch, decode_sketch, encode_sketch
from models.sketcher import Sketcher
from streams.embedders import load_embedder

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "detection"
BENIGN, DAYS = 110, 4
BATCH = 512
_SIZES = Struct("<HI")  # bytes of the tenant's name and of the sketch

Truth = dict[str, Any]
"""The truth file of a world, decoded: start, end, and of each tenant what it is guilty of and when."""

World = Mapping[str, Sequence[bytes]]
"""The encoded sketches of each tenant, in the order of events."""

Write = Callable[[Path], Iterable[bytes]]
"""Yields the events of a world in the native format, in the order of time, then writes the truth there."""


def evaluation_folder() -> Path | None:
    """Return the folder of the evaluation worlds, if there is one."""
    folder = Path(os.environ.get("DISTILLWATCH_EVAL", ROOT.parent / "shared"))
    return folder if (folder / "eval" / "world.py").exists() else None


def make_world(folder: Path, seed: int, world: Path, truth: Path) -> None:
    """Write the events of a world and the truth about them."""
    evaluation = folder / "eval"
    source = ["--data", folder / "data" / "dev", "--manifest", evaluation / "dev.json"]
    size = ["--seed", seed, "--benign", BENIGN, "--days", DAYS]
    run(sys.executable, evaluation / "world.py", *source, *size, "--out", world, "--truth", truth)


def run(*command: object) -> str:
    """Run a program to its end and return what it printed."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def sketched_world(folder: Path, seed: int) -> tuple[Truth, World]:
    """Return the truth of a world of `world.py` and its sketches."""

    def write(truth: Path) -> Iterator[bytes]:
        with TemporaryDirectory(prefix="distillwatch-world-") as name:
            world = Path(name) / "world.jsonl.gz"
            make_world(folder, seed, world, truth)
            with gzip.open(world, "rb") as lines:
                yield from lines

    return kept(f"{seed}-{digest(folder)}", write)


def kept(name: str, write: Write) -> tuple[Truth, World]:
    """Return a world of this name from the cache; make and sketch it first where it is not there."""
    truth, sketches = CACHE / f"truth-{name}.json", CACHE / f"sketches-{name}.bin"
    if not (truth.exists() and sketches.exists()):
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"making the world {name}", file=sys.stderr)
        fresh = sketches.with_suffix(".part")
        with fresh.open("wb") as out:
            out.writelines(_record(sketch) for sketch in sketch_lines(write(truth)))
        fresh.replace(sketches)
    decoded: Truth = json.loads(truth.read_text(encoding="utf-8"))
    return decoded, _by_tenant(sketches.read_bytes())


def digest(folder: Path, *more: Path) -> str:
    """Name everything that a world's sketches depend on: code, manifest and whatever is given besides."""
    modules = ("columns", "sketch", "sketcher", "hashes", "template", "embedding")
    code = [ROOT / "models" / f"{name}.py" for name in modules]
    made_of = [*code, *(folder / "eval" / name for name in ("world.py", "dev.json")), *more]
    return blake2b(b"".join(path.read_bytes() for path in made_of), digest_size=4).hexdigest()


def sketch_lines(lines: Iterable[bytes]) -> Iterator[Sketch]:
    """Sketch events of the native format as the intake does."""
    sketcher, number = Sketcher(load_embedder("wordllama")), count()
    for batch in _batches(lines):
        events = [event for event in map(decode_native, batch) if event is not None]
        yield from sketcher.sketch_many(events, [Origin("world", 0, next(number)) for _ in events])


def tenant_sketches(name: str, values: Iterable[bytes]) -> list[Sketch]:
    """Decode the sketches of one tenant."""
    return [decode_sketch(name.encode(), value) for value in values]


def without_content(requests: Requests) -> Requests:
    """Return the requests as they were had their events brought no prompts."""
    rows = requests.rows.copy()
    for name in ("chars", "words"):
        rows[name] = MISSING
    for name in (*_OF_PROMPTS, "whole", "simhash", "embedded", "embedding"):
        rows[name] = 0
    rows.flags.writeable = False  # as the others are: compiled code tells the two apart
    return replace(requests, rows=rows)


_OF_PROMPTS = [f"{part}_{length}" for part in ("head", "tail") for length in (4, 8, 16, 32)]


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _record(sketch: Sketch) -> bytes:
    name, value = sketch.tenant.encode(), encode_sketch(sketch)
    return _SIZES.pack(len(name), len(value)) + name + value


def _by_tenant(body: bytes) -> World:
    found: dict[str, list[bytes]] = defaultdict(list)
    start = 0
    while start < len(body):
        name_size, size = _SIZES.unpack_from(body, start)
        middle = start + _SIZES.size + name_size
        found[body[start + _SIZES.size : middle].decode()].append(body[middle : middle + size])
        start = middle + size
    return found
