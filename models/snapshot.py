"""The envelope of a stored tenant state: a fixed header, then a compact body. No pickle."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

import google_crc32c

from models.errors import SnapshotError

VERSION = 4
_MAGIC = b"DWS"
_HEADER = Struct("<3sBqqI")
_CRC = Struct("<I")
_START = _HEADER.size + _CRC.size


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
    """Put the header, and a CRC-32C of header and body, before a body."""
    numbers = _HEADER.pack(_MAGIC, VERSION, header.offset, header.time, len(body))
    return b"".join((numbers, _CRC.pack(_checksum(numbers, body)), body))


def peek(blob: bytes) -> Header:
    """Read the header alone.

    Raises
    ------
    SnapshotError
        The bytes are not a snapshot of this version.
    """
    return _open(blob)[0]


def unpack(blob: bytes) -> tuple[Header, bytes]:
    """Read the header and the body; length and CRC-32C are checked.

    Raises
    ------
    SnapshotError
        The bytes are not a snapshot of this version, or damaged.
    """
    header, length = _open(blob)
    body = blob[_START:]
    if len(body) != length:
        raise SnapshotError(f"the snapshot's body has {len(body)} bytes and should have {length}")
    if _checksum(blob[: _HEADER.size], body) != _CRC.unpack_from(blob, _HEADER.size)[0]:
        raise SnapshotError("the snapshot's CRC-32C does not fit its contents")
    return header, body


def digest(blob: bytes) -> str:
    """Return the SHA-256 of a snapshot's body, in hexadecimal: the state itself, wherever it was written.

    Raises
    ------
    SnapshotError
        The bytes are not a snapshot of this version, or damaged.
    """
    return sha256(unpack(blob)[1]).hexdigest()


def _checksum(header: bytes, body: bytes) -> int:
    return int(google_crc32c.extend(google_crc32c.value(header), body))


def _open(blob: bytes) -> tuple[Header, int]:
    if len(blob) < _START:
        raise SnapshotError("the snapshot is shorter than its header")
    magic, version, offset, time, length = _HEADER.unpack_from(blob)
    if magic != _MAGIC:
        raise SnapshotError("the bytes are not a snapshot")
    if version != VERSION:
        raise SnapshotError(f"the snapshot has version {version}, this program reads version {VERSION}")
    return Header(offset, time), length
