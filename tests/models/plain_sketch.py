"""What a sketch holds, said for one request at a time and as plainly as it goes."""

from __future__ import annotations

import numpy as np

from models.embedding import Embedder, quantise
from models.event import RequestEvent
from models.sketch import HOTTEST, MISSING, Origin, Sketch
from models.sketcher import resize, simhashes
from models.template import hash64
from tests.models.plain_form import Form, plain_form

FINISH = {"stop": 1, "end_turn": 1, "length": 2, "max_tokens": 2, "tool_calls": 3, "tool_use": 3}


def plain_sketch(event: RequestEvent, origin: Origin, embedder: Embedder, key: bytes) -> Sketch:
    """Sketch one request."""

    def hashed(text: str | None) -> int:
        return hash64(text, key) if text else 0

    shape = _form(event, key)
    vectors = np.zeros((1, 256), np.int8)
    if event.embedding is not None:
        vectors = quantise(resize(event.embedding)[np.newaxis])
    elif event.prompt:
        vectors = embedder.embed_many([event.prompt])
    account = f"organization\x1f{event.organization}" if event.organization else None
    return Sketch(
        id=event.id,
        tenant=event.tenant,
        time=event.time,
        origin=origin,
        heads=shape.heads,
        tails=shape.tails,
        whole=shape.whole,
        simhash=int(simhashes(vectors)[0]),
        operation=hashed(event.operation),
        model=hashed(event.model),
        principal=hashed(event.principal),
        conversation=hashed(event.conversation_id),
        topic=hashed(event.topic),
        network=hashed("\x1f".join(filter(None, (event.asn, event.fingerprint)))),
        account=hashed(f"payment\x1f{event.payment}" if event.payment else account),
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
        finish=FINISH.get(event.finish_reason, 4) if event.finish_reason else 0,
        flags=len(event.flags),
        embedding=vectors.tobytes() if vectors.any() else b"",
    )


def _form(event: RequestEvent, key: bytes) -> Form:
    if event.template_hash or event.slot_hash:
        head = hash64(event.template_hash, key) if event.template_hash else 0
        whole = hash64(event.slot_hash, key) if event.slot_hash else 0
        return Form((0, 0, 0, head), (0, 0, 0, 0), whole, MISSING)
    return plain_form(event.prompt, key) if event.prompt else Form(words=0)


def _given(number: int | None) -> int:
    return MISSING if number is None else int(number)
