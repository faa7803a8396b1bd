"""The limit to compare with: `aiokafka` hands over lists of records and `orjson` decodes them, nothing else.

Run as a process of its own: `python -m bench.limit BOOTSTRAP TOPIC COUNT` prints its pace.
"""

from __future__ import annotations

import sys

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from bench.pace import Pace, Stopwatch, of


def limit(bootstrap: str, topic: str, count: int) -> Pace:
    """Read and decode so many records in a process of its own."""
    return of([sys.executable, "-m", "bench.limit", bootstrap, topic, str(count)])


async def read(bootstrap: str, topic: str, count: int) -> None:
    """Read so many records and print the pace."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    watch = Stopwatch(count)
    await consumer.start()
    try:
        while not watch.saw(await _decode(consumer)):
            pass
    finally:
        await consumer.stop()
    watch.say()


async def _decode(consumer: AIOKafkaConsumer) -> int:
    """Wait for records, decode all that there are and return their number."""
    batches = await consumer.getmany(timeout_ms=1000)
    for records in batches.values():
        for record in records:
            orjson.loads(record.value)
    return sum(map(len, batches.values()))


if __name__ == "__main__":
    uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
