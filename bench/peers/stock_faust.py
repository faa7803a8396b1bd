"""The signals in a stock Faust agent.

`python -m bench.peers.stock_faust BOOTSTRAP TOPIC ALERTS COUNT memory|durable`; durable: the statistics stand
in a table with a changelog topic, as bytes, in place of a dict.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import defaultdict
from tempfile import mkdtemp
from typing import Any

import faust

from bench.pace import Stopwatch
from bench.peers.signals import Watcher


def application(bootstrap: str, topic: str, alerts: str, count: int, *, durable: bool) -> faust.App:
    """Return an application as Faust's documentation writes one."""
    app = faust.App(
        f"faust-{durable:d}-{alerts}",
        broker=f"kafka://{bootstrap}",
        value_serializer="json",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=4,
        datadir=mkdtemp(prefix="distillwatch-bench-"),
    )
    requests, found = app.topic(topic), app.topic(alerts)
    tenants: defaultdict[str, Watcher] = defaultdict(Watcher)
    table = app.Table("tenants", partitions=4, value_type=bytes) if durable else None
    watch = Stopwatch(count)

    @app.agent(requests)
    async def judge(stream: faust.StreamT[dict[str, Any]]) -> None:
        async for event in stream:
            tenant = event["tenant"]
            if table is None:
                alert = tenants[tenant].learn(event)
            else:
                known = table.get(tenant)
                watcher: Watcher = Watcher() if known is None else pickle.loads(known)  # noqa: S301  our own
                alert = watcher.learn(event)
                table[tenant] = pickle.dumps(watcher)
            if alert is not None:
                await found.send(key=tenant, value=alert)
            if watch.saw():
                watch.say()
                os._exit(0)  # Faust takes seconds to stop

    return app


if __name__ == "__main__":
    chosen = application(
        sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), durable=sys.argv[5] == "durable"
    )
    faust.Worker(chosen, loglevel="warning").execute_from_commandline()
