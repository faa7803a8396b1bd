"""The signals in a plain aiokafka loop: `python -m bench.peers.plain BOOTSTRAP TOPIC ALERTS COUNT memory`."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]

from bench.pace import Stopwatch
from bench.peers.signals import Watcher


async def run(bootstrap: str, topic: str, alerts: str, count: int) -> None:
    """Read as aiokafka's documentation does, with its automatic commits."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=f"plain-{alerts}", auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    tenants: defaultdict[str, Watcher] = defaultdict(Watcher)
    watch = Stopwatch(count)
    await consumer.start()
    await producer.start()
    try:
        async for record in consumer:
            event = orjson.loads(record.value)
            alert = tenants[event["tenant"]].learn(event)
            if alert is not None:
                await producer.send(alerts, orjson.dumps(alert), record.key)
            if watch.saw():
                break
    finally:
        await consumer.stop()
        await producer.stop()
    watch.say()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
