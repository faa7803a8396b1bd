"""The limit to compare with: `aiokafka` hands over lists of records and `orjson` decodes them, nothing else.

Run as a process of its own: `python -m bench.limit BOOTSTRAP TOPIC COUNT` prints events a second.
"""

from __future__ import annotations

import sys
import time

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]


async def read(bootstrap: str, topic: str, count: int) -> float:
    """Return events a second from the first record to the last."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        seen = await _decode(consumer)  # what was fetched ahead is not measured
        ahead, started = seen, time.perf_counter()
        while seen < count:
            seen += await _decode(consumer)
        return (seen - ahead) / (time.perf_counter() - started)
    finally:
        await consumer.stop()


async def _decode(consumer: AIOKafkaConsumer) -> int:
    """Wait for records, decode all that there are and return their number."""
    batches = await consumer.getmany(timeout_ms=1000)
    for records in batches.values():
        for record in records:
            orjson.loads(record.value)
    return sum(map(len, batches.values()))


if __name__ == "__main__":
    print(uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
