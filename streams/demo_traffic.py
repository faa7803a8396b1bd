"""Publish the simulated traffic: the past as fast as the worker reads it, then the present, sped up."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import orjson
from confluent_kafka import KafkaException, Producer

from streams.embedded import EmbeddedBroker, Progress
from streams.pace import Pace
from streams.settings import Settings
from streams.simulation import ATTACK_MS, HOUR_MS, SimulatedRequest, simulate

SPEED = 600.0
"""How many times faster than life the present passes."""

LIVE_MS = ATTACK_MS - HOUR_MS // 3
"""Event time at which the present begins: a while before the attack."""

WINDOW = 8_000
"""Most records in flight; the embedded broker forgets what goes beyond 5 MB a partition."""

_CHECK_EVERY = 200


class Publisher(threading.Thread):
    """Publishes until it is stopped; what it did can be read at any time.

    Attributes
    ----------
    published
        Requests so far.
    hostile
        Event times of the requests of the extraction so far, Unix milliseconds.
    time
        Event time of the last request, Unix milliseconds.
    failure
        What ended it, if it was not `stop`.
    """

    def __init__(self, broker: EmbeddedBroker, settings: Settings) -> None:
        super().__init__(name="traffic", daemon=True)
        self.published = 0
        self.hostile: list[int] = []
        self.time = 0
        self.failure: Exception | None = None
        self._topic = settings.source.topic
        self._stop_wanted = threading.Event()
        self._producer = Producer(
            {"bootstrap.servers": broker.bootstrap_servers, "linger.ms": 5, "log_level": 0}
        )
        self._progress = Progress(broker.bootstrap_servers, settings.kafka.group, settings.topics.sketches)

    def run(self) -> None:
        """Publish; ends when told so, or when the broker fails."""
        try:
            self._publish()
        except KafkaException as error:
            self.failure = error
        finally:
            self._progress.close()

    def stop(self) -> None:
        """Ask for the end and wait for it."""
        self._stop_wanted.set()
        self.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _publish(self) -> None:
        pace: Pace | None = None
        for request in simulate():
            if request.time >= LIVE_MS:
                if pace is None:
                    self._wait_for_worker(0)
                    pace = Pace(speed=SPEED)
                pace.wait(request.time)
            if self.published % _CHECK_EVERY == 0:
                self._wait_for_worker(WINDOW)
            if self._stop_wanted.is_set():
                return
            self._send(request)

    def _send(self, request: SimulatedRequest) -> None:
        # The key keeps the order of a tenant's requests, so that every demo ends in the same way.
        self._producer.produce(self._topic, orjson.dumps(request.record), key=request.tenant.encode())
        self._producer.poll(0)
        self.published += 1
        if request.hostile:
            self.hostile.append(request.time)
        self.time = request.time

    def _wait_for_worker(self, most: int) -> None:
        """Wait until at most so many records are in flight."""
        self._producer.flush(5)
        while self.published - self._progress.committed() > most and not self._stop_wanted.wait(0.05):
            pass
