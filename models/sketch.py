"""What leaves the intake stage in place of a request: numbers and hashes, no text.

A sketch crosses the bus as one fixed block, readable by numpy without a loop, and a short tail with the
request's id and the source topic's name. The record's key is the tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from struct import Struct, error

from models.embedding import DIMENSIONS
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES

MISSING = -1
"""Stands for a number that the source did not give."""

HOTTEST = 1000.0
"""The highest temperature; what lies beyond counts as this."""

MAX_TOPIC_BYTES = 249
"""Of a topic's name, by Kafka's own rule."""

MAX_PARTITION = 2**31 - 1
MAX_OFFSET = 2**63 - 1

VERSION = 3
_MAGIC = b"DWK"
_FIRST, _SECOND = _MAGIC + bytes([1]), _MAGIC + bytes([2])


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request stood on its source topic.

    Parameters
    ----------
    part
        Which of the events of its record it is, from 0 on; those that were not understood count as well.
    """

    topic: str
    partition: int
    offset: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Sketch:
    """One request without its text. Numbers that the source did not give are `MISSING`, hashes are 0.

    Parameters
    ----------
    time
        Unix milliseconds.
    heads, tails, whole
        See `models.template.Form`.
    simhash
        64 signs of random projections of the embedding (Charikar 2002); 0 without an embedding.
    operation, model, principal, conversation, topic, network
        Hashes of the fields; `topic` is of the label that the source gives, `network` joins ASN and the
        client's fingerprint.
    account
        Hash of what pays for the account, or where that is not given of the organisation that holds it.
    signed_up
        When the account was opened, Unix milliseconds; 0 where the source does not say.
    finish
        0 unknown, 1 stop, 2 length, 3 tool call, 4 anything else.
    embedding
        256 signed bytes, or empty without content.
    """

    id: str
    tenant: str
    time: int
    origin: Origin
    heads: tuple[int, int, int, int] = (0, 0, 0, 0)
    tails: tuple[int, int, int, int] = (0, 0, 0, 0)
    whole: int = 0
    simhash: int = 0
    operation: int = 0
    model: int = 0
    principal: int = 0
    conversation: int = 0
    topic: int = 0
    network: int = 0
    account: int = 0
    signed_up: int = 0
    chars: int = MISSING
    words: int = MISSING
    input_tokens: int = MISSING
    output_tokens: int = MISSING
    max_tokens: int = MISSING
    cached_tokens: int = MISSING
    turn: int = MISSING
    logit_bias_size: int = MISSING
    temperature: float = MISSING
    n: int = MISSING
    top_logprobs: int = MISSING
    logprobs: int = MISSING
    status: int = MISSING
    finish: int = 0
    flags: int = 0
    embedding: bytes = b""


# The order on the wire.
_HASHES = ["whole", "simhash", "operation", "model", "principal", "conversation", "topic", "network"]
_HASHES += ["account"]
_COUNTS = ["chars", "words", "input_tokens", "output_tokens", "max_tokens", "cached_tokens", "turn"]
_COUNTS += ["logit_bias_size", "n", "top_logprobs", "logprobs", "status", "finish", "flags"]
_SCALARS = (*_HASHES, "signed_up", *_COUNTS, "temperature")
_FIXED = Struct(f"<3sBqiqi8Q{len(_HASHES)}Qq{len(_COUNTS)}idB{DIMENSIONS}sHH")
_scalars = attrgetter(*_SCALARS)
_ADDED = Struct(f"<3sBqiq8Q{len(_HASHES) - 1}Q").size
"""Where version 2 put the hash of the account and `signed_up` between what version 1 held."""

_PART = Struct("<3sBqiq").size
"""Where version 3 put the part between what version 2 held."""


def encode_sketch(sketch: Sketch) -> bytes:
    """Encode everything but the tenant, which is the record's key."""
    request, topic = sketch.id.encode(), sketch.origin.topic.encode()
    fixed = _FIXED.pack(
        *(_MAGIC, VERSION, sketch.time, sketch.origin.partition, sketch.origin.offset, sketch.origin.part),
        *(*sketch.heads, *sketch.tails, *_scalars(sketch)),
        *(bool(sketch.embedding), sketch.embedding, len(request), len(topic)),
    )
    return b"".join((fixed, request, topic))


def decode_sketch(tenant: bytes, value: bytes) -> Sketch:
    """Decode a record of the sketch topic, of this version or one of the two before.

    Raises
    ------
    DecodeError
        The record is not a sketch of this version, or holds numbers that cannot be.
    """
    try:
        return _decode(tenant, current(value))
    except (error, UnicodeDecodeError):
        raise DecodeError("broken_sketch", "the record is too short or not a sketch") from None


def current(value: bytes) -> bytes:
    """Rewrite a record of version 1 or 2 as one of this version; return any other as it is."""
    if value.startswith(_FIRST):
        value = b"".join((_SECOND, value[len(_FIRST) : _ADDED], bytes(16), value[_ADDED:]))
    if not value.startswith(_SECOND):
        return value
    return b"".join((_MAGIC, bytes([VERSION]), value[len(_SECOND) : _PART], bytes(4), value[_PART:]))


def _decode(tenant: bytes, value: bytes) -> Sketch:
    magic, version, time, partition, offset, part, *rest = _FIXED.unpack_from(value)
    if magic != _MAGIC or version != VERSION:
        raise DecodeError("unknown_sketch", f"the record is not a sketch of version 1 to {VERSION}")
    *scalars, embedded, embedding, id_size, topic_size = rest
    end = _FIXED.size + id_size
    if end + topic_size != len(value):
        raise DecodeError("broken_sketch", "the record's length does not fit its contents")
    if not (0 < id_size <= MAX_NAME_BYTES and 0 < len(tenant) <= MAX_NAME_BYTES):
        raise DecodeError("broken_sketch", f"the tenant or the id is not 1 to {MAX_NAME_BYTES} bytes long")
    if topic_size > MAX_TOPIC_BYTES or min(partition, offset, part) < 0:
        raise DecodeError("broken_sketch", "no record can stand at the place that the sketch names")
    if not EARLIEST_MS <= time < LATEST_MS:
        raise DecodeError("time_out_of_range", "the sketch's time does not lie between 2000 and 2100")
    signed_up, *counts, temperature = scalars[8 + len(_HASHES) :]
    if signed_up and not EARLIEST_MS <= signed_up < LATEST_MS:
        raise DecodeError("time_out_of_range", "the account was not opened between 2000 and 2100")
    # Not a number compares as false.
    if min(counts) < MISSING or not MISSING <= temperature <= HOTTEST or (embedded and not any(embedding)):
        raise DecodeError("broken_sketch", "the sketch holds numbers that cannot be")
    return Sketch(
        id=value[_FIXED.size : end].decode(),
        tenant=tenant.decode(),
        time=time,
        origin=Origin(value[end:].decode(), partition, offset, part),
        heads=tuple(scalars[:4]),
        tails=tuple(scalars[4:8]),
        embedding=embedding if embedded else b"",
        **dict(zip(_SCALARS, scalars[8:], strict=True)),
    )
