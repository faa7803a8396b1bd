"""What is known of the whole fleet at rest on the state topic, and the peers of newcomers in a file.

On the state topic it may be larger than a record may be, and is cut into parts. The parts of two checkpoints
in a row have different keys, and the head, which names them, is written when they have arrived: at any crash
the head on the topic stands for parts that are whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.errors import DistillwatchError, SettingsError, SnapshotError
from models.population.newcomers import Newcomers
from streams.state_record import OWN_KEY, StateRecord, decode_state, encode_state

HEAD_KEY = OWN_KEY + b"population"
"""Key of the head on the first partition of the state topic."""

PART_BYTES = 524_288
"""Every state topic takes records of twice that size."""

MOST_PARTS = 4096
FORM = 2
"""In which form the whole is kept; in the first there were no campaigns."""
_MOST_CRC = 2**32 - 1


Get = Callable[[bytes], StateRecord | None]
"""Returns a record of the partition of the state topic by its key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands on the state topic.

    Parameters
    ----------
    position
        Offset on the population topic of the record to be read next.
    serial
        How often it was written; counts for the parts as the position does for other records.
    body
        What was kept.
    form
        Of the body, 1 to `FORM`.
    """

    position: int
    serial: int
    body: bytes
    form: int = FORM


def part_key(serial: int, number: int) -> bytes:
    """Return the key of a part."""
    return HEAD_KEY + f"-{serial % 2}-{number}".encode()


def cut(kept: Kept, time: int) -> tuple[dict[bytes, StateRecord], StateRecord]:
    """Return the parts by their keys, and the head that is to be written after them.

    Parameters
    ----------
    time
        Latest event time in it, Unix milliseconds.
    """
    body = kept.body
    pieces = [body[start : start + PART_BYTES] for start in range(0, len(body), PART_BYTES)]
    parts = {
        part_key(kept.serial, number): StateRecord(kept.serial, time, piece)
        for number, piece in enumerate(pieces)
    }
    out = Writer()
    for value in (kept.form, kept.serial, len(pieces), google_crc32c.value(body)):
        out.number(value)
    return parts, StateRecord(kept.position, time, out.finish())


def join(get: Get) -> Kept | None:
    """Return what stands on the state topic; nothing if there is no head.

    Raises
    ------
    SnapshotError
        A part is missing or is not the one that the head stands for.
    """
    head = get(HEAD_KEY)
    if head is None:
        return None
    source = Reader(head.body)
    form = source.number()
    if not 1 <= form <= FORM:
        raise SnapshotError(f"the population's head is not of version {FORM}")
    serial, count, checksum = source.count(), source.count(MOST_PARTS), source.count(_MOST_CRC)
    source.end()
    parts = [get(part_key(serial, number)) for number in range(count)]
    body = b"".join(part.body for part in parts if part is not None)
    if None in parts or google_crc32c.value(body) != checksum:
        raise SnapshotError("the population's parts are not those that its head stands for")
    return Kept(head.position, serial, body, form)


def save_baseline(file: Path, newcomers: Newcomers) -> None:
    """Write a baseline to a file of its own.

    Raises
    ------
    DistillwatchError
        The file cannot be written.
    """
    try:
        file.write_bytes(encode_state(StateRecord(0, newcomers.closed, newcomers.dump())))
    except OSError as error:
        raise DistillwatchError(f"cannot write {file}: {error.strerror}") from None


def load_baseline(file: Path, config: DetectorConfig) -> Newcomers:
    """Read what `save_baseline` wrote.

    Raises
    ------
    SettingsError
        The file cannot be read, is damaged, or is no baseline.
    """
    newcomers = Newcomers(config)
    try:
        newcomers.load(decode_state(file.read_bytes()).body)
    except OSError as error:
        raise SettingsError(f"cannot read the population baseline {file}: {error.strerror}") from None
    except SnapshotError as error:
        raise SettingsError(
            f"{file} is no population baseline, or a damaged one ({error}): save it anew"
        ) from None
    return newcomers
