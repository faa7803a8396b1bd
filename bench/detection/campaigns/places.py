"""The worlds of the measurements of campaigns, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from bench.detection.campaigns import paraphrased, sharers, wordings
from bench.detection.stage import Case, Stage, study
from bench.detection.worlds import Truth, World, sketched_world

DAYS = 4.0
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Place:
    """A world that we cast ourselves.

    Parameters
    ----------
    sizes
        What the cast takes besides the stage.
    code
        The module that casts it.
    """

    cast: Callable[..., list[Case]]
    sizes: tuple[int, ...]
    code: ModuleType


PLACES = {
    "para_request": Place(paraphrased.cast_by_request, (110,), paraphrased),
    "para_account": Place(paraphrased.cast_by_account, (110,), paraphrased),
    "sharers": Place(sharers.cast, (14, 16), sharers),
    "article": Place(sharers.cast_article, (30, 100), sharers),
}
NAMES = (MAIN, *PLACES)


def place(folder: Path, name: str, seed: int) -> tuple[Truth, World]:
    """Return the truth and the sketches of a world; the first time it is made, which takes minutes."""
    if name == MAIN:
        return sketched_world(folder, seed)
    found = PLACES[name]

    def make() -> tuple[Stage, list[Case]]:
        stage = Stage(folder, seed, DAYS)
        return stage, found.cast(stage, *found.sizes)

    sizes = "-".join(map(str, found.sizes))
    code = (str(found.code.__file__), wordings.__file__, str(wordings.SOURCE))
    return with_campaigns(study(folder, f"campaigns-{name}-{sizes}-{seed}", make, *code))


def with_campaigns(made: tuple[Truth, World]) -> tuple[Truth, World]:
    """Say in the truth which campaign each account belongs to."""
    for tenant in made[0]["tenants"]:
        tenant["campaign"] = tenant["notes"].get("campaign")
    return made
