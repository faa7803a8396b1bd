"""A small population as records of the source: sixty shops that open one after the other, and thieves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

START_MS = 1_772_582_400_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SHOPS = 60
THIEVES = {"thief-1": 31 * HOUR_MS, "thief-2": 33 * HOUR_MS + 7 * MINUTE_MS}
END = 60 * HOUR_MS
"""A day and more after the last thief, so that the episodes end."""


def world(seed: int = 1, rename: Callable[[str], str] = str, skip: int = 0) -> list[dict[str, Any]]:
    """Return the requests in the order of time, from `skip` milliseconds after the beginning on.

    Parameters
    ----------
    rename
        Given a tenant's name, returns another.
    """
    chance = random.Random(seed)
    tenants = [_shop(f"shop-{seed}-{n}", chance, n * 30 * MINUTE_MS, 52) for n in range(SHOPS)]
    tenants.append(_shop(f"clock-{seed}", chance, 0, END // (10 * MINUTE_MS), gap=10 * MINUTE_MS))
    tenants += [_thief(f"{name}-{seed}", chance, begin) for name, begin in THIEVES.items()]
    found = [
        {**record, "id": f"{record['tenant']}-{number}", "tenant": rename(record["tenant"])}
        for tenant in tenants
        for number, record in enumerate(tenant)
    ]
    found = [record for record in found if record["time"] >= START_MS + skip]
    return sorted(found, key=lambda record: (record["time"], record["id"]))


def _shop(
    name: str, chance: random.Random, begin: int, count: int, gap: int = 90_000
) -> Iterator[dict[str, Any]]:
    beside, news = chance.uniform(200, 900), chance.uniform(0.3, 0.7)
    for number in range(count):
        new = chance.random() < news
        yield {
            "time": START_MS + begin + number * gap + chance.randrange(1000),
            "tenant": name,
            "prompt": f"where is order {number if new else number % 7} of mine",
            "principal": f"user-{number % 9}",
            "turn": number % 3,
            "input_tokens": int(beside),
            "output_tokens": chance.randrange(60, 140),
        }


def _thief(name: str, chance: random.Random, begin: int) -> Iterator[dict[str, Any]]:
    for number in range(110):
        yield {
            "time": START_MS + begin + number * MINUTE_MS + chance.randrange(1000),
            "tenant": name,
            "prompt": f"explain subject {chance.randrange(10**9)} and its part {number} at full length",
            "turn": 0,
            "input_tokens": 12,
            "output_tokens": chance.randrange(2500, 3500),
        }
