"""A file with all that a group knows: records of its topics, checksummed, compressed.

A head says from which topics they are. Each record carries a CRC-32C over itself and all before it, so that
none can be missing, doubled or exchanged, and a last one says how many there are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import google_crc32c
import orjson
import zstandard

from models.errors import DistillwatchError
from streams.zstd_reader import ZstdReader

FORMAT = 2
ROLES = ("state", "population", "fingerprints", "sketches")
"""The topics that records are from, by their settings."""

_MAGIC = b"distillwatch state\n"
_END = 255
_LENGTH = Struct("<I")
_RECORD = Struct("<BIqqIi")
_CRC = Struct("<I")
_MOST_BYTES = 1 << 25
_DAMAGE = (EOFError, ValueError, KeyError, TypeError, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class TopicPlace:
    """A topic that was exported.

    Parameters
    ----------
    name, id
        Its name, and what tells it from another that was created anew under it.
    partitions
        How many it had.
    """

    name: str
    id: str
    partitions: int


@dataclass(frozen=True, slots=True)
class Head:
    """What was exported.

    Parameters
    ----------
    release, group
        Of the program, and whose state it is.
    sources
        The source topics by name, of which no record is in the file.
    topics
        By role.
    """

    release: str
    group: str
    sources: Mapping[str, TopicPlace]
    topics: Mapping[str, TopicPlace]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it stood on a topic.

    Parameters
    ----------
    offset
        Where it stood; of the state topic it is not kept, and 0.
    timestamp
        Unix milliseconds.
    """

    role: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes | None


class StateWriter:
    """Writes a file, the head first; `finish` says that it is whole."""

    def __init__(self, out: BinaryIO, head: Head) -> None:
        self._out = zstandard.ZstdCompressor(level=3).stream_writer(out, closefd=False)
        self._crc = 0
        self.records = 0
        said = orjson.dumps({"format": FORMAT, **asdict(head)})
        self._put(_MAGIC + _LENGTH.pack(len(said)) + said)

    def add(self, record: StoredRecord) -> None:
        """Write a record."""
        value = record.value
        length = -1 if value is None else len(value)
        numbers = record.partition, record.offset, record.timestamp, len(record.key), length
        self._put(_RECORD.pack(ROLES.index(record.role), *numbers) + record.key + (value or b""))
        self.records += 1

    def finish(self) -> None:
        """Write the end."""
        self._put(_RECORD.pack(_END, 0, self.records, 0, 0, -1))
        self._out.flush(zstandard.FLUSH_FRAME)

    def _put(self, data: bytes) -> None:
        self._crc = google_crc32c.extend(self._crc, data)
        self._out.write(data + _CRC.pack(self._crc))


@contextmanager
def writing(file: Path, head: Head) -> Iterator[StateWriter]:
    """Write a file that is there under its name only when it is whole, and that only its owner may read.

    Raises
    ------
    OSError
        It cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600, exist_ok=False)
    try:
        with unfinished.open("wb") as out:
            writer = StateWriter(out, head)
            yield writer
            writer.finish()
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


class StateReader:
    """Reads a file once from its beginning.

    Raises
    ------
    DistillwatchError
        From every method: it is no such file, or damaged, or breaks off.
    """

    def __init__(self, file: Path, source: io.BufferedReader) -> None:
        self._file = file
        self._source = io.BufferedReader(ZstdReader(source), 1 << 16)
        self._crc = 0
        with self._guard():
            self.head = self._head()

    def records(self) -> Iterator[StoredRecord]:
        """Yield every record in the order of the file."""
        count = 0
        while True:
            with self._guard():
                record = self._record(count)
            if record is None:
                return
            count += 1
            yield record

    def _head(self) -> Head:
        start = self._take(len(_MAGIC) + _LENGTH.size)
        if not start.startswith(_MAGIC):
            raise ValueError("it does not begin as one")
        said = self._take(_LENGTH.unpack_from(start, len(_MAGIC))[0])
        self._check(start + said)
        found = orjson.loads(said)
        if found.pop("format") != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        places = {
            what: {name: TopicPlace(**place) for name, place in found.pop(what).items()}
            for what in ("sources", "topics")
        }
        return Head(sources=places["sources"], topics=places["topics"], **found)

    def _record(self, count: int) -> StoredRecord | None:
        start = self._take(_RECORD.size)
        role, partition, offset, timestamp, key_length, length = _RECORD.unpack(start)
        data = self._take(key_length + max(0, length))
        self._check(start + data)
        if role == _END:
            if offset != count:
                raise ValueError(f"it has {count} records and should have {offset}")
            return None
        value = None if length < 0 else data[key_length:]
        return StoredRecord(ROLES[role], partition, offset, timestamp, data[:key_length], value)

    def _check(self, data: bytes) -> None:
        self._crc = google_crc32c.extend(self._crc, data)
        if _CRC.unpack(self._take(_CRC.size))[0] != self._crc:
            raise ValueError("a checksum does not fit")

    def _take(self, size: int) -> bytes:
        data = self._source.read(size) if size <= _MOST_BYTES else b""
        if len(data) != size:
            raise EOFError("it breaks off")
        return data

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (*_DAMAGE, IndexError) as error:
            raise DistillwatchError(f"{self._file} is no state, or a damaged one ({error})") from None


@contextmanager
def reading(file: Path) -> Iterator[StateReader]:
    """Read a file from its beginning; errors as of `StateReader`, and `OSError`."""
    with file.open("rb") as source:
        yield StateReader(file, source)
