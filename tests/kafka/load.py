"""Requests that are the same in every run of one seed, and a thread that publishes them at a steady rate."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import Producer

if TYPE_CHECKING:
    from tests.kafka.stand import Stand

START_MS = 1_735_689_600_000
TURN_MS = 6 * 60_000
DELIVERY_SECONDS = 60.0
# Few requests are enough for episodes to open, grow and close.
EAGER = {
    "block_requests": 2,
    "entropy_block_requests": 5,
    "warmup_requests": 50,
    "least_threshold": 10.0,
    "quiet_hours": 0.5,
    "cooldown_hours": 0.0,
    "update_minutes": 20.0,
}


@dataclass(frozen=True)
class Load:
    """Requests of tenants in turn, each of which another system flags for a third of the time.

    Parameters
    ----------
    seed
        Decides when each tenant is flagged and what it asks.
    tenants
        How many there are at a time.
    turns
        After how many requests a tenant is replaced by a new one; 0 for never.
    """

    seed: int = 0
    tenants: int = 12
    turns: int = 0

    def request(self, number: int) -> dict[str, Any]:
        """Return a request by its number."""
        turn, who = divmod(number, self.tenants)
        name, turn = self._tenant(who, turn)
        phase, stride = _traits(self.seed, who)
        flags = {"flags": ["canary"]} if (turn + phase) % 100 >= 70 else {}
        at = START_MS + number * TURN_MS // self.tenants
        prompt = f"question {turn * stride % 101} about topic {who}"
        return {"id": f"r{number:07d}", "time": at, "tenant": name, "prompt": prompt, **flags}

    def _tenant(self, who: int, turn: int) -> tuple[str, int]:
        if not self.turns:
            return f"t{who}", turn
        # They do not all leave at once.
        shifted = turn + who * self.turns // self.tenants
        return f"t{who}-{shifted // self.turns}", shifted % self.turns


@cache
def _traits(seed: int, who: int) -> tuple[int, int]:
    chance = random.Random(f"{seed}/{who}")
    return chance.randrange(100), chance.randrange(1, 101)


@dataclass
class Publisher:
    """Puts a load onto a topic, keyed by tenant; entered, it does so in a thread until left.

    Parameters
    ----------
    rate
        Requests a second while the thread runs.
    """

    bootstrap: str
    topic: str
    load: Load = field(default_factory=Load)
    rate: float = 300.0
    published: int = field(default=0, init=False)
    failures: list[str] = field(default_factory=list, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        # A broker may be away for long, and what came late or twice would still be part of the source.
        self._producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "delivery.timeout.ms": 600_000,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.flush()

    def publish(self, count: int) -> None:
        """Publish so many more requests at once."""
        for number in range(self.published, self.published + count):
            self._send(number)
        self.published += count
        self.flush()

    def pass_by(self, stand: Stand, count: int) -> None:
        """Wait, while the thread runs, for so many more requests; workers that give up are started anew."""
        goal = self.published + count
        stand.wait_until(lambda: self.published >= goal)

    def flush(self) -> None:
        """Return when the broker has everything."""
        left = self._producer.flush(DELIVERY_SECONDS)
        assert not left, f"{left} requests could not be published"
        assert not self.failures, self.failures[0]

    def _run(self) -> None:
        began, first = time.monotonic(), self.published
        while not self._stopped.wait(0.02):
            due = first + int((time.monotonic() - began) * self.rate)
            for number in range(self.published, due):
                self._send(number)
            self.published = max(due, self.published)
            self._producer.poll(0)

    def _send(self, number: int) -> None:
        request = self.load.request(number)
        value = json.dumps(request).encode()
        while True:
            try:
                self._producer.produce(self.topic, value, request["tenant"], on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _delivered(self, error: object, _message: object) -> None:
        if error is not None:
            self.failures.append(str(error))
