"""From requests to sketches, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.embedding import DIMENSIONS, Embedder, Vectors, quantise
from models.event import RequestEvent
from models.sketch import HOTTEST, MISSING, Origin, Sketch
from models.template import Form, form, hash64

_SEED = 20_261_123
_PLANES = np.random.default_rng(_SEED).choice(np.array([-1.0, 1.0], np.float32), (DIMENSIONS, 64))
_FINISH = {"stop": 1, "end_turn": 1, "length": 2, "max_tokens": 2, "tool_calls": 3, "tool_use": 3}
_OTHER_FINISH = 4


def simhashes(vectors: Vectors) -> list[int]:
    """Take the signs of 64 random projections of each row of shape (n, 256); 0 for a row of zeros."""
    signs = vectors.astype(np.float32) @ _PLANES > 0
    hashes: list[int] = np.packbits(signs, axis=1, bitorder="little").view("<u8")[:, 0].tolist()
    return hashes


def resize(embedding: Sequence[float]) -> NDArray[np.float32]:
    """Bring a supplied embedding to 256 dimensions by a seeded random projection, unless it has them.

    Only its direction counts, so it is scaled first: numbers near the ends of a float's range do no harm.
    """
    exact = np.array(embedding, np.float64)
    row = (exact / (np.abs(exact).max(initial=0.0) or 1.0)).astype(np.float32)
    if row.size == DIMENSIONS:
        return row
    planes = np.random.default_rng(_SEED).standard_normal((row.size, DIMENSIONS), np.float32)
    return np.asarray(row @ planes, np.float32)


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

    def sketch_many(self, events: Sequence[RequestEvent], origins: Sequence[Origin]) -> list[Sketch]:
        """Sketch each event; a sketch does not depend on the others of its batch."""
        vectors = self._vectors(events)
        hashes = simhashes(vectors)
        return [
            self._sketch(event, origin, vector.tobytes() if vector.any() else b"", simhash)
            for event, origin, vector, simhash in zip(events, origins, vectors, hashes, strict=True)
        ]

    def _vectors(self, events: Sequence[RequestEvent]) -> Vectors:
        vectors = np.zeros((len(events), DIMENSIONS), np.int8)
        given = [row for row, event in enumerate(events) if event.embedding is not None]
        for row in given:
            vectors[row] = quantise(resize(events[row].embedding or ())[np.newaxis])[0]
        texts = [row for row, event in enumerate(events) if event.prompt and event.embedding is None]
        if texts:
            vectors[texts] = self._embedder.embed_many([events[row].prompt or "" for row in texts])
        return vectors

    def _sketch(self, event: RequestEvent, origin: Origin, embedding: bytes, simhash: int) -> Sketch:
        shape = self._form(event)
        return Sketch(
            id=event.id,
            tenant=event.tenant,
            time=event.time,
            origin=origin,
            heads=shape.heads,
            tails=shape.tails,
            whole=shape.whole,
            simhash=simhash if embedding else 0,
            operation=self._hash(event.operation),
            model=self._hash(event.model),
            principal=self._hash(event.principal),
            conversation=self._hash(event.conversation_id),
            topic=self._hash(event.topic),
            network=self._hash("\x1f".join(filter(None, (event.asn, event.fingerprint)))),
            account=self._account(event),
            signed_up=event.signed_up or 0,
            chars=MISSING if event.prompt is None else len(event.prompt),
            words=MISSING if event.prompt is None else shape.words,
            input_tokens=_given(event.input_tokens),
            output_tokens=_given(event.output_tokens),
            max_tokens=_given(event.max_tokens),
            cached_tokens=_given(event.cached_tokens),
            turn=_given(event.turn),
            logit_bias_size=_given(event.logit_bias_size),
            temperature=MISSING if event.temperature is None else min(max(event.temperature, 0.0), HOTTEST),
            n=_given(event.n),
            top_logprobs=_given(event.top_logprobs),
            logprobs=_given(event.logprobs),
            status=_given(event.status),
            finish=_FINISH.get(event.finish_reason, _OTHER_FINISH) if event.finish_reason else 0,
            flags=len(event.flags),
            embedding=embedding,
        )

    def _form(self, event: RequestEvent) -> Form:
        if event.template_hash or event.slot_hash:
            head = self._hash(event.template_hash)
            return Form((0, 0, 0, head), (0, 0, 0, 0), self._hash(event.slot_hash), MISSING)
        return form(event.prompt, self._key) if event.prompt else Form(words=0)

    def _account(self, event: RequestEvent) -> int:
        if event.payment:
            return self._hash(f"payment\x1f{event.payment}")
        return self._hash(f"organization\x1f{event.organization}") if event.organization else 0

    def _hash(self, text: str | None) -> int:
        return hash64(text, self._key) if text else 0


def _given(number: float | None) -> int:
    return MISSING if number is None else int(number)
