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
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        seen, started = 0, 0.0
        while seen < count:
            batches = await consumer.getmany(timeout_ms=1000)
            started = started or (time.perf_counter() if batches else 0.0)
            for records in batches.values():
                for record in records:
                    orjson.loads(record.value)
                seen += len(records)
        return seen / (time.perf_counter() - started)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    print(uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
