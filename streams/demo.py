"""The whole pipeline at work for a while: embedded broker, worker, simulated tenants, and a view of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Protocol

from models.errors import BrokerError
from streams.demo_state import Alert, DemoState, alert_of
from streams.demo_traffic import LIVE_MS, Publisher
from streams.demo_worker import WorkerThread
from streams.embedded import PARTITIONS, EmbeddedBroker
from streams.settings import Settings, build_settings
from streams.settings_layers import Layer
from streams.topic_plan import topic_names
from streams.topic_reader import TopicReader


class View(Protocol):
    """Shows the demo to somebody."""

    def update(self, state: DemoState) -> None:
        """Show the state; called a few times a second."""
        ...

    def alert(self, alert: Alert) -> None:
        """Show a finding as it comes."""
        ...


def run_demo(seconds: float, view: View, now: Callable[[], float] = time.monotonic) -> DemoState:
    """Run for so many seconds, or until Ctrl-C, and return how it ended.

    Raises
    ------
    DistillwatchError
        The worker or the broker failed.
    """
    begin = now()
    with EmbeddedBroker() as broker:
        settings = demo_settings(broker.bootstrap_servers)
        topics = settings.topics
        broker.create(*topic_names(settings))
        state = DemoState()
        publisher = Publisher(broker, settings)
        with (
            closing(TopicReader(settings.kafka, topics.alerts, from_beginning=True)) as reader,
            WorkerThread(settings) as worker,
            publisher,
            suppress(KeyboardInterrupt),
        ):  # Ctrl-C is a way to say that it was long enough
            while state.seconds < seconds:
                found = reader.poll()
                state.seconds = now() - begin
                _observe(state, publisher, worker)
                if found is not None:
                    alert = alert_of(found.value() or b"", state.seconds)
                    state.alerts.append(alert)
                    view.alert(alert)
                view.update(state)
    return state


def demo_settings(bootstrap_servers: str) -> Settings:
    """The defaults, fitted to the embedded broker and to impatient people; no file, no environment."""
    values: dict[str, object] = {
        "kafka": {"bootstrap_servers": bootstrap_servers, "group": "distillwatch-demo"},
        "topics": {"partitions": PARTITIONS, "check_at_start": False},
        "state": {"checkpoint_seconds": 1.0},
        "metrics": {"port": 0},
    }
    return build_settings([Layer("demo", "", values)])


def _observe(state: DemoState, publisher: Publisher, worker: WorkerThread) -> None:
    worker.check()
    if publisher.failure is not None:
        raise BrokerError(f"the embedded broker failed: {publisher.failure}; please report it")
    state.tenants = worker.tenants
    state.time = publisher.time
    state.published = publisher.published
    state.hostile = publisher.hostile
    if publisher.hostile:
        state.phase = "a tenant extracts the model"
    elif publisher.time >= LIVE_MS:
        state.phase = "an ordinary day"
    elif state.tenants:
        state.phase = "learning the tenants' history"
