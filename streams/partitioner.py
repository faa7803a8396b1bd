"""To which partition a record belongs by its key: what Kafka's own clients would say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]

KNOWN_KEYS = 65_536
"""Keys whose hash is remembered: it is computed in plain Python, and tenants come again."""


def partition_of(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Return the partition of a key, or any that can be written to where there is none.

    Parameters
    ----------
    partitions
        Of the topic, in order, at least one.
    available
        Those that have a leader.
    """
    if key is None:
        return random.choice(available or partitions)
    return partitions[_hash(key) % len(partitions)]


@lru_cache(KNOWN_KEYS)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF
