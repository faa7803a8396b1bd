"""The signals with Bytewax: `python -m bench.peers.byte_wax BOOTSTRAP TOPIC ALERTS COUNT memory|durable`.

Durable: it writes what changed into a recovery store on disk, every five seconds as our checkpoints.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage  # type: ignore[import-not-found]
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.recovery import RecoveryConfig, init_db_dir  # type: ignore[import-not-found]
from bytewax.run import cli_main  # type: ignore[import-not-found]

from bench.pace import Stopwatch
from bench.peers.signals import Watcher

CHECKPOINT = timedelta(seconds=5)


def dataflow(bootstrap: str, topic: str, alerts: str, count: int) -> Any:
    """Return a flow as its documentation writes one: a stateful map over the key."""
    watch = Stopwatch(count)

    def judge(state: Watcher | None, event: dict[str, Any]) -> tuple[Watcher, dict[str, Any] | None]:
        watcher = state or Watcher()
        alert = watcher.learn(event)
        if watch.saw():
            watch.say()
            os._exit(0)
        return watcher, alert

    def keyed(message: Any) -> tuple[str, dict[str, Any]]:
        event = orjson.loads(message.value)
        return event["tenant"], event

    def published(alert: tuple[str, dict[str, Any] | None]) -> Any:
        return None if alert[1] is None else KafkaSinkMessage(alert[0].encode(), orjson.dumps(alert[1]))

    flow = Dataflow("signals")
    source = kafka.input("requests", flow, brokers=[bootstrap], topics=[topic])
    judged = op.stateful_map("judge", op.map("decode", source.oks, keyed), judge)
    kafka.output("alerts", op.filter_map("found", judged, published), brokers=[bootstrap], topic=alerts)
    return flow


def main(flow: Any, *, durable: bool) -> None:
    """Run a flow with one worker."""
    if not durable:
        cli_main(flow)
        return
    folder = Path(mkdtemp(prefix="distillwatch-bench-"))
    init_db_dir(folder, 1)
    cli_main(flow, epoch_interval=CHECKPOINT, recovery_config=RecoveryConfig(folder))


if __name__ == "__main__":
    main(dataflow(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])), durable=sys.argv[5] == "durable")
