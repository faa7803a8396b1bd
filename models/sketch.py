"""What leaves the intake stage in place of a request: numbers and hashes, no text.

A sketch crosses the bus as one fixed block, readable by numpy without a loop, and a short tail with the
request's id, the topic label and the source topic's name. The record's key is the tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from struct import Struct, error

from models.embedding import DIMENSIONS
from models.errors import DecodeError

MISSING = -1
"""Stands for a number that the source did not give."""

VERSION = 1
_MAGIC = b"DWK"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request stood on its source topic."""

    topic: str
    partition: int
    offset: int


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
    operation, model, principal, conversation, network
        Hashes of the fields; `network` joins ASN and the client's fingerprint.
    finish
        0 unknown, 1 stop, 2 length, 3 tool call, 4 anything else.
    embedding
        256 signed bytes, or empty without content.
    topic_label
        The source's own topic label, or empty.
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
    network: int = 0
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
    topic_label: str = ""


_WORDS: tuple[str, ...] = ("whole", "simhash", "operation", "model", "principal", "conversation", "network")
_NUMBERS: tuple[str, ...] = (
    "chars",
    "words",
    "input_tokens",
    "output_tokens",
    "max_tokens",
    "cached_tokens",
    "turn",
)
_NUMBERS += ("logit_bias_size", "n", "top_logprobs", "logprobs", "status", "finish", "flags")
_FIXED = Struct(f"<3sBqiq8Q{len(_WORDS)}Q{len(_NUMBERS)}idB{DIMENSIONS}sHHH")
_scalars = attrgetter(*_WORDS, *_NUMBERS, "temperature")


def encode_sketch(sketch: Sketch) -> bytes:
    """Encode everything but the tenant, which is the record's key."""
    request, label, topic = sketch.id.encode(), sketch.topic_label.encode(), sketch.origin.topic.encode()
    fixed = _FIXED.pack(
        *(_MAGIC, VERSION, sketch.time, sketch.origin.partition, sketch.origin.offset),
        *(*sketch.heads, *sketch.tails, *_scalars(sketch)),
        *(bool(sketch.embedding), sketch.embedding, len(request), len(label), len(topic)),
    )
    return b"".join((fixed, request, label, topic))


def decode_sketch(tenant: bytes, value: bytes) -> Sketch:
    """Decode a record of the sketch topic.

    Raises
    ------
    DecodeError
        The record is not a sketch of this version.
    """
    try:
        magic, version, time, partition, offset, *rest = _FIXED.unpack_from(value)
        if magic != _MAGIC or version != VERSION:
            raise DecodeError("unknown_sketch", f"the record is not a sketch of version {VERSION}")
        *scalars, embedded, embedding, id_size, label_size, topic_size = rest
        start = _FIXED.size
        parts = []
        for size in (id_size, label_size, topic_size):
            parts.append(value[start : start + size].decode())
            start += size
        if start != len(value):
            raise DecodeError("broken_sketch", "the record's length does not fit its contents")
        request, label, topic = parts
        origin = Origin(topic, partition, offset)
        known = dict(zip(_WORDS + _NUMBERS + ("temperature",), scalars[8:], strict=True))
        return Sketch(
            id=request,
            tenant=tenant.decode(),
            time=time,
            origin=origin,
            heads=tuple(scalars[:4]),
            tails=tuple(scalars[4:8]),
            embedding=embedding if embedded else b"",
            topic_label=label,
            **known,
        )
    except (error, UnicodeDecodeError):
        raise DecodeError("broken_sketch", "the record is too short or not a sketch") from None
