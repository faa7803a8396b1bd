"""What the application says it ended of."""

from __future__ import annotations

import asyncio

import pytest
from mode import Service

from models.errors import TopicError
from streams.faust_app import DistillwatchApp, new_app
from streams.settings import Settings


class Part(Service):
    """Something that an application brings down with it."""


@pytest.fixture
def app() -> DistillwatchApp:
    return new_app(Settings(), batch_topics=[], latest_topics=[], on_lost=lambda *_: None)


@pytest.mark.parametrize("others", [[asyncio.CancelledError()], [ValueError("torn")]])
def test_what_ended_the_application_first_is_its_reason(
    app: DistillwatchApp, others: list[BaseException]
) -> None:
    first = TopicError("we may not write")
    asyncio.run(_crash(app, first, *others))
    assert app.crash_reason is first


def test_what_is_brought_down_before_the_reason_is_known_is_not_the_reason(app: DistillwatchApp) -> None:
    reason = TopicError("we may not write")
    asyncio.run(_crash(app, asyncio.CancelledError(), reason))
    assert app.crash_reason is reason


async def _crash(app: DistillwatchApp, first: BaseException, *others: BaseException) -> None:
    await app.crash(first)
    for error in others:
        part = Part(beacon=app.beacon)
        await part.crash(error)
