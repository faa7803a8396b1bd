from __future__ import annotations

import asyncio

import faust
import pytest

from models.errors import BrokerError
from streams.recovery import REQUESTS_IN_A_STEP, StrictTableManager


def test_a_step_that_takes_too_long_is_an_error_and_no_silent_end() -> None:
    async def wait_for_ever() -> None:
        app = faust.App("test", TableManager=StrictTableManager, web_enabled=False)
        await app.tables.recovery._wait(asyncio.Event(), timeout=0.01)

    with pytest.raises(BrokerError, match="the broker has not answered in"):
        asyncio.run(wait_for_ever())
    assert REQUESTS_IN_A_STEP == 4


def test_a_step_that_ends_in_time_is_none() -> None:
    async def wait() -> None:
        app = faust.App("test", TableManager=StrictTableManager, web_enabled=False)
        await app.tables.recovery._wait(asyncio.sleep(0), timeout=10)

    asyncio.run(wait())
