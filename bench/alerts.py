"""Findings as they arrive at a consumer of the alert topic."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from models.finding import Activity

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 30.0


class Alerts:
    """Reads the alert topic in a thread and notes when each record came."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-alerts",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        partitions = self._consumer.list_topics(topic, PATIENCE_SECONDS).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        self._came: list[tuple[float, bytes]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="alerts")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def opened(self) -> dict[str, float]:
        """Return when each episode's first finding came, by uid, in seconds of `time.perf_counter`."""
        found: dict[str, float] = {}
        for when, value in list(self._came):
            finding = orjson.loads(value)
            if finding["activity_id"] == Activity.CREATE:
                found.setdefault(finding["finding_info"]["uid"], when)
        return found

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(LOOK_SECONDS)
            if message is not None and message.error() is None:
                self._came.append((time.perf_counter(), message.value() or b""))


def delays(published: Mapping[str, float], opened: Mapping[str, float]) -> list[float]:
    """Return the seconds from publication to finding, of each episode that was opened, in order."""
    return sorted(opened[uid] - at for uid, at in published.items() if uid in opened)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of them does not exceed (nearest rank).

    Parameters
    ----------
    ordered
        At least one value, the smallest first.
    share
        Above 0, at most 1.
    """
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]
