"""The producer of a worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from faust.transport.drivers import aiokafka as driver

LOGGER = logging.getLogger("faust.transport")
LEAVE_SECONDS = 3.0


class OrderedProducer(driver.Producer):
    """An idempotent producer: what it sends to a partition stands there once and in order."""

    logger = LOGGER

    async def on_stop(self) -> None:
        """Stop, but do not wait for what the broker does not take."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().on_stop(), LEAVE_SECONDS)

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}
