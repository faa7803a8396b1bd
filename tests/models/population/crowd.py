"""Tenants as they looked when they were new: ordinary ones, and one that harvests."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.finding import RequestRef
from models.population.profile import EarlyProfile

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_772_582_400_000  # Wednesday, 4 March 2026, 00:00 UTC


def profile(tenant: str, time: int, age: int = 50, **features: Any) -> EarlyProfile:
    """Return an ordinary tenant that has sent `age` requests in two hours, with these features changed."""
    usual = {"overhead": 5.0, "principals": 0.8, "first_turns": 0.5, "new_prompts": 0.6, "answers": 4.5}
    request = RequestRef(f"{tenant}-{age}", "llm-requests", 0, time // MINUTE_MS, "00ff")
    given = {"started": time - 2 * HOUR_MS, "intervals": 12, **usual, **features}
    return EarlyProfile(tenant, age, time, request=request, **given)


def harvest(tenant: str, time: int, age: int = 50, **features: Any) -> EarlyProfile:
    """Return a tenant that harvests: bare prompts, all new, no users, long answers."""
    bare = {"overhead": 0.1, "principals": 0.0, "first_turns": 1.0, "new_prompts": 1.0, "answers": 7.5}
    return profile(tenant, time, age, **{**bare, **features})


def ordinary(
    count: int, first: int = START_MS, *, seed: int = 1, apart: int = 15 * MINUTE_MS
) -> list[EarlyProfile]:
    """Return tenants that come of the first age one after the other."""
    chance = np.random.default_rng(seed)
    return [
        profile(
            f"peer-{seed}-{number}",
            first + number * apart,
            overhead=float(chance.normal(5.0, 0.7)),
            principals=float(chance.uniform(0.5, 1.0)),
            first_turns=float(chance.uniform(0.2, 0.7)),
            new_prompts=float(chance.uniform(0.3, 0.9)),
            answers=float(chance.normal(4.5, 0.7)),
        )
        for number in range(count)
    ]
