"""Events to measure with: many tenants, prompts of 20 to 100 tokens made of the simulator's words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

import orjson

from streams.simulation import START_MS, simulate

TENANTS = 1_000
SHORTEST_WORDS = 14
LONGEST_WORDS = 75
STEP_MS = 250


def name(number: int) -> str:
    """Return the name of a tenant."""
    return f"tenant-{number:04}"


def events(count: int, *, text: bool, seed: int = 1, tenants: int = TENANTS) -> Iterator[tuple[bytes, bytes]]:
    """Yield tenant and record of `count` events in the native format, with or without a prompt."""
    random = Random(seed)
    records = [request.record for request in islice(simulate(seed), 5_000)]
    words = " ".join(str(record["prompt"]) for record in records).split()
    for number in range(count):
        record: dict[str, Any] = dict(random.choice(records))
        tenant = name(random.randrange(tenants))
        record |= {"id": f"req-{number:08}", "time": START_MS + number * STEP_MS, "tenant": tenant}
        record.pop("response", None)
        if text:
            start = random.randrange(len(words) - LONGEST_WORDS)
            record["prompt"] = " ".join(words[start : start + random.randint(SHORTEST_WORDS, LONGEST_WORDS)])
        else:
            record.pop("prompt", None)
        yield tenant.encode(), orjson.dumps(record)
