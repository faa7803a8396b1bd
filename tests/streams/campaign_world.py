"""A small fleet as records of the source: shops with a past, and accounts that harvest together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.streams.newcomer_world import HOUR_MS, MINUTE_MS, START_MS

SHOPS, ACCOUNTS, REQUESTS = 24, 12, 24
BEGIN_MS = 40 * HOUR_MS
"""When the first account opens."""

END_MS = 72 * HOUR_MS
_TEMPLATE = "You are a patient teacher of many years. Write a full lesson with examples on the subject of {}"


def world(seed: int = 1) -> list[dict[str, Any]]:
    """Return the requests in the order of time."""
    chance = random.Random(seed)
    tenants = [_shop(f"shop-{number}", number, chance) for number in range(SHOPS)]
    tenants += [_account(f"account-{number}", chance) for number in range(ACCOUNTS)]
    found = [
        {**record, "id": f"{record['tenant']}-{number}"}
        for tenant in tenants
        for number, record in enumerate(tenant)
    ]
    return sorted(found, key=lambda record: (record["time"], record["id"]))


def accounts() -> set[str]:
    """Return the names of those that harvest."""
    return {f"account-{number}" for number in range(ACCOUNTS)}


def _shop(name: str, number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    time = chance.randrange(4 * HOUR_MS)
    while time < END_MS:
        item, day = chance.randrange(40), time // (24 * HOUR_MS)
        yield {
            "time": START_MS + time,
            "tenant": name,
            "prompt": f"As the clerk of shop {number} answer the customer: item {item} since day {day}",
            "turn": chance.randrange(3),
            "input_tokens": 60 + chance.randrange(40),
            "output_tokens": 40 + chance.randrange(80),
        }
        time += chance.randrange(10 * MINUTE_MS, 50 * MINUTE_MS)


def _account(name: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    time = BEGIN_MS + chance.randrange(4 * HOUR_MS)
    for _ in range(REQUESTS):
        subject = f"{chance.randrange(10**9)} and {chance.randrange(10**9)}"
        yield {
            "time": START_MS + time,
            "tenant": name,
            "prompt": _TEMPLATE.format(subject),
            "turn": 0,
            "input_tokens": 30,
            "output_tokens": 900 + chance.randrange(400),
        }
        time += chance.randrange(5 * MINUTE_MS, 50 * MINUTE_MS)
