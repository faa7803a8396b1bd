"""The signals with Quix Streams: `python -m bench.peers.quix BOOTSTRAP TOPIC ALERTS COUNT`.

Its own state holds JSON alone, and river's statistics are objects; they are kept in a dict, which is faster.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found]

from bench.pace import Stopwatch
from bench.peers.signals import Watcher


def run(bootstrap: str, topic: str, alerts: str, count: int) -> None:
    """Run as its documentation does, with its defaults."""
    app = Application(
        broker_address=bootstrap, consumer_group=f"quix-{alerts}", auto_offset_reset="earliest", loglevel=None
    )
    tenants: defaultdict[str, Watcher] = defaultdict(Watcher)
    watch = Stopwatch(count)

    def judge(event: dict[str, Any]) -> dict[str, Any] | None:
        alert = tenants[event["tenant"]].learn(event)
        if watch.saw():
            watch.say()
            os._exit(0)
        return alert

    frame = app.dataframe(app.topic(topic, value_deserializer="json"))
    frame = frame.apply(judge).filter(lambda alert: alert is not None)
    frame.to_topic(app.topic(alerts, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
