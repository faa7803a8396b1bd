from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient

from streams import lookups
from streams.lookups import PAUSE_SECONDS, pace_lookups


class Client:
    """Gives these answers, one after the other."""

    def __init__(self, answers: list[bool]) -> None:
        self._answers = iter(answers)
        self.asked: list[tuple[Any, ...]] = []

    async def _metadata_update(self, cluster: str, topics: list[str]) -> bool:
        self.asked.append((cluster, topics))
        return next(self._answers)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(lookups.asyncio, "sleep", sleep)
    return slept


def test_a_question_that_nobody_answers_is_not_asked_again_at_once(pauses: list[float]) -> None:
    client = Client([False, False, True])
    pace_lookups(client)

    async def ask() -> list[bool]:
        return [await client._metadata_update("cluster", ["requests"]) for _ in range(3)]

    assert asyncio.run(ask()) == [False, False, True]
    assert client.asked == [("cluster", ["requests"])] * 3
    assert pauses == [PAUSE_SECONDS] * 2


def test_the_client_asks_by_the_method_that_is_paced() -> None:
    assert "_metadata_update" in AIOKafkaClient._md_synchronizer.__code__.co_names
