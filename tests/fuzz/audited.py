"""Decodes whole and damaged records of every kind and prints what the interpreter loaded meanwhile.

`python -m tests.fuzz.audited` prints nothing if all is well. With `control` a pickle is among the records.
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePath

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from tests.fuzz.probes import bodies, extremes, places
from tests.fuzz.targets import TARGETS

LOADING = {
    "builtins.input",
    "code.__new__",
    "compile",
    "ctypes.dlopen",
    "exec",
    "function.__new__",
    "import",
    "marshal.load",
    "marshal.loads",
    "open",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "pickle.find_class",
    "socket.connect",
    "subprocess.Popen",
}
DAMAGES = 30
VALUES = 12
COMPRESSIONS = range(5)  # none, gzip, snappy, lz4, zstd


def main() -> None:
    """Decode all once to warm up, then again under the hook."""
    work = list(records())
    if "control" in sys.argv:
        work.append((pickle.loads, pickle.dumps(PurePath("x"))))
    decode(work)
    loaded: set[str] = set()
    sys.addaudithook(lambda event, _: loaded.add(event) if event in LOADING else None)
    decode(work)
    sys.stdout.write("\n".join(sorted(loaded)))


def decode(work: list[tuple[Callable[[bytes], object], bytes]]) -> None:
    """Decode each record."""
    for decoder, value in work:
        with suppress(Exception):  # aiokafka has many errors for a damaged batch
            decoder(value)


def records() -> Iterator[tuple[Callable[[bytes], object], bytes]]:
    """Yield decoders with what they are to decode."""
    draw = random.Random(5)
    for target in TARGETS.values():
        for seed in target.seeds():
            yield target.run, seed
            yield from ((target.run, damaged(seed, draw)) for _ in range(DAMAGES))
    body = bodies()[-1]
    for at, size in draw.sample(places(body), VALUES):
        yield from ((TARGETS["tenant"].run, body[:at] + new + body[at + size :]) for new in extremes(size))
    for batch in map(batched, COMPRESSIONS):
        yield unbatch, batch
        yield from ((unbatch, damaged(batch, draw)) for _ in range(DAMAGES))


def damaged(value: bytes, draw: random.Random) -> bytes:
    """The same bytes with one overwritten, and sometimes the end cut off."""
    changed = bytearray(value)
    changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed[: draw.choice([len(changed), draw.randrange(len(changed))])])


def batched(compression: int) -> bytes:
    """Return a batch of records as a broker sends it."""
    builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 20)
    for number, value in enumerate(TARGETS["native"].seeds()):
        builder.append(number, 1_772_582_400_000, b"acme", value, [])
    return bytes(builder.build())


def unbatch(value: bytes) -> None:
    """Read a batch as aiokafka does, checks aside that would stop it early, and decode its records."""
    found = MemoryRecords(value)
    while found.has_next():
        for record in found.next_batch():
            TARGETS["native"].run(record.value)


if __name__ == "__main__":
    main()
