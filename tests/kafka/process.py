"""What a worker's process holds, and requests of tenants that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.kafka.load import START_MS
from tests.kafka.quick_settings import PARTITIONS

PAGE = 4096


def resident(pid: int) -> int:
    """Return the memory that a process holds, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def invented(first: int, end: int) -> Iterator[tuple[int, bytes, bytes]]:
    """One request each of tenants that nobody knows, as partition, key and value."""
    for number in range(first, end):
        name = f"invented-{number}"
        request = {"id": name, "time": START_MS + number, "tenant": name, "prompt": f"the {number}th of them"}
        yield number % PARTITIONS, name.encode(), json.dumps(request).encode()
