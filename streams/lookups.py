"""A client's questions for the cluster's metadata, paced where nobody answers."""

from __future__ import annotations

import asyncio
from typing import Any

PAUSE_SECONDS = 0.1


def pace_lookups(client: Any) -> None:
    """Let an `AIOKafkaClient` wait after a question that failed.

    aiokafka asks anew as soon as it has failed when a partition has no leader that it knows. A broker that is
    down refuses at once: thousands of questions a second, each with two lines of log.
    """
    ask = client._metadata_update  # noqa: SLF001

    async def ask_and_wait(*question: Any) -> bool:
        answered: bool = await ask(*question)
        if not answered:
            await asyncio.sleep(PAUSE_SECONDS)
        return answered

    client._metadata_update = ask_and_wait  # noqa: SLF001
