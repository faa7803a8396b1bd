"""The signals with Quix Streams: `python -m bench.peers.quix BOOTSTRAP TOPIC ALERTS COUNT memory|durable`.

Durable: the statistics stand in its own state, on disk and on a changelog topic, as bytes.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import defaultdict
from tempfile import mkdtemp
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]

from bench.pace import Stopwatch
from bench.peers.signals import Watcher

Event = dict[str, Any]


def run(bootstrap: str, topic: str, alerts: str, count: int, *, durable: bool) -> None:
    """Run as its documentation does, with its defaults."""
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"quix-{durable:d}-{alerts}",
        auto_offset_reset="earliest",
        state_dir=mkdtemp(prefix="distillwatch-bench-"),
        loglevel=None,
    )
    tenants: defaultdict[str, Watcher] = defaultdict(Watcher)
    watch = Stopwatch(count)

    def judge(event: Event) -> Event | None:
        return counted(tenants[event["tenant"]].learn(event))

    def judge_in_state(event: Event, state: State) -> Event | None:
        known = state.get_bytes("watcher")
        watcher: Watcher = Watcher() if known is None else pickle.loads(known)  # noqa: S301  our own
        alert = watcher.learn(event)
        state.set_bytes("watcher", pickle.dumps(watcher))
        return counted(alert)

    def counted(alert: Event | None) -> Event | None:
        if watch.saw():
            watch.say()
            os._exit(0)
        return alert

    frame = app.dataframe(app.topic(topic, value_deserializer="json"))
    frame = frame.apply(judge_in_state, stateful=True) if durable else frame.apply(judge)
    frame = frame.filter(lambda alert: alert is not None)
    frame.to_topic(app.topic(alerts, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), durable=sys.argv[5] == "durable")
