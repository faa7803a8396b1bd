"""Records of the population topic: early profiles of tenants, and marks of how far the partitions are.

Whoever reads the topic in order knows, when a mark says that a partition has reached an event time, every
profile of that partition from before it. No key of one kind can be a key of the other: 0xFF stands in no
tenant's name. Compaction keeps the last record of a tenant and an age, and the last mark of a partition.

Marks stand on the sketch topic as well: there intake says how far the partitions of the source are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.codec import Reader, Writer
from models.errors import DecodeError, SnapshotError
from models.event import MAX_NAME_BYTES
from models.population.profile import EarlyProfile, decode_profile
from models.sketch import MAX_PARTITION

PARTITION = 0
"""Of the population topic: the only one that is used, since all profiles are judged in one place."""

MARK_KEY = b"\xffmark"
"""How the keys of marks begin."""

_BEFORE_AGE = b"\xff"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition is.

    Parameters
    ----------
    time
        Event time in Unix milliseconds up to which all that follows from it is posted; 0 for none yet.
    idle
        Whether nothing has come for a while.
    """

    partition: int
    time: int
    idle: bool


def profile_record(profile: EarlyProfile) -> tuple[bytes, bytes]:
    """Return key and value of a profile's record."""
    return profile.tenant.encode() + _BEFORE_AGE + str(profile.age).encode(), profile.encode()


def mark_record(mark: Mark) -> tuple[bytes, bytes]:
    """Return key and value of a mark's record."""
    out = Writer()
    for number in (_VERSION, mark.time, int(mark.idle)):
        out.number(number)
    return MARK_KEY + str(mark.partition).encode(), out.finish()


def read_record(key: bytes, value: bytes) -> EarlyProfile | Mark:
    """Read a record of the population topic.

    Raises
    ------
    DecodeError
        It is neither a profile nor a mark, or damaged.
    """
    with _explained():
        return _read_mark(key, value) if key.startswith(MARK_KEY) else _read_profile(key, value)


def read_mark(key: bytes, value: bytes) -> Mark:
    """Read a mark.

    Raises
    ------
    DecodeError
        It is none, or damaged.
    """
    with _explained():
        return _read_mark(key, value)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (SnapshotError, ValueError) as error:  # what is no text, or no number
        detail = str(error) if isinstance(error, SnapshotError) else "its key cannot be read"
        raise DecodeError("bad_population_record", f"neither a profile nor a mark: {detail}") from None


def _read_mark(key: bytes, value: bytes) -> Mark:
    partition = int(key.removeprefix(MARK_KEY))
    source = Reader(value)
    if source.number() != _VERSION:
        raise SnapshotError(f"the mark is not of version {_VERSION}")
    time, idle = source.time(), bool(source.count(1))
    source.end()
    if not 0 <= partition <= MAX_PARTITION:
        raise SnapshotError("there is no such partition")
    return Mark(partition, time, idle)


def _read_profile(key: bytes, value: bytes) -> EarlyProfile:
    name, _, age = key.rpartition(_BEFORE_AGE)
    if len(name) > MAX_NAME_BYTES:
        raise SnapshotError("the tenant's name is too long")
    profile = decode_profile(name.decode(), value)
    if profile.age != int(age):
        raise SnapshotError("the age in the key is another than in the value")
    return profile
