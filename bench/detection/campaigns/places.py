"""The worlds of the measurements of campaigns, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.detection.campaigns import paraphrased, sharers, wordings
from bench.detection.stage import Case, Stage, study
from bench.detection.worlds import Truth, World, sketched_world

BENIGN = 110
ADOPTERS, EACH, OTHERS = 30, 14, 16

Cast = Callable[[Stage], list[Case]]

CASTS: dict[str, Cast] = {
    "para_request": lambda stage: paraphrased.cast(stage, "request", BENIGN),
    "para_account": lambda stage: paraphrased.cast(stage, "account", BENIGN),
    "sharers": lambda stage: sharers.cast(stage, EACH, OTHERS),
    "article": lambda stage: sharers.cast_article(stage, ADOPTERS, 100),
}
"""Worlds that we cast ourselves."""

MAIN = "main"
NAMES = (MAIN, *CASTS)


def place(folder: Path, name: str, seed: int) -> tuple[Truth, World]:
    """Return the truth and the sketches of a world; the first time it is made, which takes minutes."""
    if name == MAIN:
        return sketched_world(folder, seed)

    def cast() -> tuple[Stage, list[Case]]:
        stage = Stage(folder, seed, sharers.DAYS)
        return stage, CASTS[name](stage)

    code = (__file__, paraphrased.__file__, sharers.__file__, wordings.__file__, str(wordings.SOURCE))
    truth, world = study(folder, f"campaigns-{name}-{seed}", cast, *code)
    for tenant in truth["tenants"]:
        tenant["campaign"] = tenant["notes"].get("campaign")
    return truth, world
