"""From requests to sketches, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.columns import Columns, Origins, Reals, columns_of
from models.core.layout import REQUEST
from models.embedding import DIMENSIONS, Embedder, Vectors, quantise
from models.event import RequestEvent
from models.hashes import Hashes
from models.native import COUNTS
from models.requests import Requests
from models.sketch import HOTTEST, MISSING, Origin, Sketch, decode_sketch, encode_sketch
from models.template import forms
from models.wire import values_of

_SEED = 20_261_123
_PLANES = np.random.default_rng(_SEED).choice(np.array([-1.0, 1.0], np.float32), (DIMENSIONS, 64))
_FINISH: dict[str | None, int] = {None: 0, "": 0, "stop": 1, "end_turn": 1, "length": 2, "max_tokens": 2}
_FINISH |= {"tool_calls": 3, "tool_use": 3}
_OTHER_FINISH = 4
_BLANK = np.frombuffer(encode_sketch(Sketch("", "", 0, Origin("", 0, 0))), REQUEST)
_HEADS, _TAILS = ([f"{part}_{length}" for length in (4, 8, 16, 32)] for part in ("head", "tail"))
_HASHED = {"operation": "operation", "model": "model", "principal": "principal", "topic": "topic"}
_HASHED |= {"conversation": "conversation_id"}


def simhashes(vectors: Vectors) -> NDArray[np.uint64]:
    """Take the signs of 64 random projections of each row of shape (n, 256); 0 for a row of zeros."""
    signs = vectors.astype(np.float32) @ _PLANES > 0
    return np.packbits(signs, axis=1, bitorder="little").view("<u8")[:, 0]


def resize(embedding: Sequence[float]) -> NDArray[np.float32]:
    """Bring a supplied embedding to 256 dimensions by a seeded random projection, unless it has them.

    Only its direction counts, so it is scaled first: numbers near the ends of a float's range do no harm.
    """
    exact = np.array(embedding, np.float64)
    row = (exact / (np.abs(exact).max(initial=0.0) or 1.0)).astype(np.float32)
    return row if row.size == DIMENSIONS else np.asarray(row @ _projection(row.size), np.float32)


@lru_cache(maxsize=1)
def _projection(size: int) -> NDArray[np.float32]:
    return np.random.default_rng(_SEED).standard_normal((size, DIMENSIONS), np.float32)


class Sketcher:
    """Sketches requests.

    Parameters
    ----------
    embedder
        Turns prompts into vectors.
    hash_key
        At most 64 bytes. Whoever lacks it cannot test guesses at prompts, users or addresses against a hash.
    """

    def __init__(self, embedder: Embedder, hash_key: bytes = b"") -> None:
        self._embedder = embedder
        self._key = hash_key
        self._hashes = Hashes(hash_key)

    def sketch_many(self, events: Sequence[RequestEvent], origins: Sequence[Origin]) -> list[Sketch]:
        """Sketch each event by itself, for whoever sends sketches one by one."""
        columns = [(origin.topic, origin.partition, origin.offset, origin.part) for origin in origins]
        topics, *places = zip(*columns, strict=True) if columns else ((), (), (), ())
        table = self.table(columns_of(events), Origins(topics, *places))
        keys = [tenant.encode() for tenant in table.tenants]
        return [decode_sketch(key, value) for key, value in zip(keys, values_of(table), strict=True)]

    def table(self, columns: Columns, origins: Origins) -> Requests:
        """Sketch each request; a sketch does not depend on the others of its batch."""
        rows = np.repeat(_BLANK, len(columns))
        rows["time"] = columns.times
        rows["partition"], rows["offset"], rows["part"] = origins.partitions, origins.offsets, origins.parts
        _put_numbers(rows, columns)
        self._put_hashes(rows, columns)
        self._put_form(rows, columns)
        self._put_vectors(rows, columns)
        return _table(rows, columns, origins)

    def _put_hashes(self, rows: NDArray[Any], columns: Columns) -> None:
        texts = columns.texts
        for field, name in _HASHED.items():
            if name in texts:
                rows[field] = self._hashes.many(texts[name])
        for field, values in (("network", _networks(columns)), ("account", _accounts(columns))):
            if values is not None:
                rows[field] = self._hashes.many(values)

    def _put_form(self, rows: NDArray[Any], columns: Columns) -> None:
        """Hash what the prompts are made of, unless the source says it in other hashes."""
        texts, said = columns.texts, np.zeros(len(rows), np.uint64)
        for field, name in (("head_32", "template_hash"), ("whole", "slot_hash")):
            if name in texts:
                rows[field] = hashes = self._hashes.many(texts[name])
                said |= hashes
        prompts = texts.get("prompt")
        if prompts is None:
            return
        lengths = np.array([MISSING if prompt is None else len(prompt) for prompt in prompts], np.int64)
        rows["chars"] = lengths
        rows["words"] = np.where((lengths >= 0) & (said == 0), 0, MISSING)
        places = np.flatnonzero((lengths > 0) & (said == 0))
        found = forms([prompts[place] or "" for place in places.tolist()], self._key)
        for names, hashes in ((_HEADS, found.heads), (_TAILS, found.tails)):
            for name, column in zip(names, hashes.T, strict=True):
                rows[name][places] = column
        rows["whole"][places], rows["words"][places] = found.whole, found.words

    def _put_vectors(self, rows: NDArray[Any], columns: Columns) -> None:
        given, prompts = columns.embeddings, columns.texts.get("prompt", ())
        texts = [place for place, prompt in enumerate(prompts) if prompt and place not in given]
        places = [*given, *texts]
        if not places:
            return
        vectors = np.zeros((len(places), DIMENSIONS), np.int8)
        for row, embedding in enumerate(given.values()):
            vectors[row] = quantise(resize(embedding)[np.newaxis])[0]
        if texts:
            vectors[len(given) :] = self._embedder.embed_many([prompts[place] or "" for place in texts])
        rows["embedding"][places], rows["embedded"][places] = vectors, vectors.any(axis=1)
        rows["simhash"][places] = simhashes(vectors)


def _put_numbers(rows: NDArray[Any], columns: Columns) -> None:
    numbers = columns.numbers
    for name in (*COUNTS, "logprobs"):
        if name in numbers:
            rows[name] = _known(numbers[name], MISSING)
    for name in ("signed_up", "flags"):
        if name in numbers:
            rows[name] = _known(numbers[name], 0)
    if "temperature" in numbers:
        given = numbers["temperature"]
        kept = np.where(given < 0, 0.0, np.where(given > HOTTEST, HOTTEST, given))
        rows["temperature"] = _known(kept, MISSING)
    if "finish_reason" in columns.texts:
        rows["finish"] = [_FINISH.get(reason, _OTHER_FINISH) for reason in columns.texts["finish_reason"]]


def _known(numbers: Reals, missing: float) -> Reals:
    return np.where(np.isnan(numbers), missing, numbers)


def _networks(columns: Columns) -> Sequence[str | None] | None:
    """Return who a client is on the network, by all that is known."""
    numbers, prints = (columns.texts.get(name) for name in ("asn", "fingerprint"))
    if numbers is None or prints is None:
        return prints if numbers is None else numbers
    return ["\x1f".join(filter(None, pair)) for pair in zip(numbers, prints, strict=True)]


def _accounts(columns: Columns) -> Sequence[str | None] | None:
    """Return what pays for an account, else who holds it."""
    if not {"payment", "organization"} & columns.texts.keys():
        return None
    nothing: Iterable[str | None] = repeat(None, len(columns))
    pays, holds = (columns.texts.get(name, nothing) for name in ("payment", "organization"))
    return [
        f"payment\x1f{payment}" if payment else f"organization\x1f{holder}" if holder else None
        for payment, holder in zip(pays, holds, strict=True)
    ]


def _table(rows: NDArray[Any], columns: Columns, origins: Origins) -> Requests:
    ids, known = list(map(str.encode, columns.ids)), {topic: topic.encode() for topic in set(origins.topics)}
    rows["id_size"] = id_sizes = np.fromiter(map(len, ids), np.int64, len(ids))
    if len(known) == 1:  # as good as always
        (topic,) = known.values()
        rows["topic_size"], names = len(topic), topic.join((*ids, b""))
    else:
        topics = list(map(known.__getitem__, origins.topics))
        rows["topic_size"] = np.fromiter(map(len, topics), np.int64, len(topics))
        names = b"".join(chain.from_iterable(zip(ids, topics, strict=True)))
    rows.flags.writeable = False  # as the others are: compiled code tells the two apart
    ends = np.empty((len(ids), 2), np.int64)
    ends[:, 1] = np.cumsum(id_sizes + rows["topic_size"]) - rows["topic_size"]
    ends[:, 0] = ends[:, 1] - id_sizes
    return Requests(columns.tenants, rows, names, ends)
