"""The envelope of a stored tenant state: a fixed header, then a compact body. No pickle."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import google_crc32c

from models.errors import SnapshotError

VERSION = 1
_MAGIC = b"DWS"
_HEADER = Struct("<3sBqqII")


@dataclass(frozen=True, slots=True)
class Header:
    """What can be read without the body.

    Parameters
    ----------
    offset
        The last event that the state contains, on the tenant's partition.
    time
        Event time of the tenant's newest event, in Unix milliseconds.
    """

    offset: int
    time: int


def pack(header: Header, body: bytes) -> bytes:
    """Put header, CRC-32C and length before a body."""
    crc = google_crc32c.value(body)
    return _HEADER.pack(_MAGIC, VERSION, header.offset, header.time, crc, len(body)) + body


def peek(blob: bytes) -> Header:
    """Read the header alone.

    Raises
    ------
    SnapshotError
        The bytes are not a snapshot of this version.
    """
    return _open(blob)[0]


def unpack(blob: bytes) -> tuple[Header, bytes]:
    """Read the header and the body, whose length and CRC-32C are checked.

    Raises
    ------
    SnapshotError
        The bytes are not a snapshot of this version, or damaged.
    """
    header, crc, length = _open(blob)
    body = blob[_HEADER.size :]
    if len(body) != length:
        raise SnapshotError(f"the snapshot's body has {len(body)} bytes and should have {length}")
    if google_crc32c.value(body) != crc:
        raise SnapshotError("the snapshot's CRC-32C does not fit its body")
    return header, body


def _open(blob: bytes) -> tuple[Header, int, int]:
    if len(blob) < _HEADER.size:
        raise SnapshotError("the snapshot is shorter than its header")
    magic, version, offset, time, crc, length = _HEADER.unpack_from(blob)
    if magic != _MAGIC:
        raise SnapshotError("the bytes are not a snapshot")
    if version != VERSION:
        raise SnapshotError(f"the snapshot has version {version}, this program reads version {VERSION}")
    return Header(offset, time), crc, length
