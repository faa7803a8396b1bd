"""A request to a language model, as the detector knows it once it is decoded and validated."""

from __future__ import annotations

from dataclasses import dataclass

EARLIEST_MS = 946_684_800_000  # 2000-01-01
LATEST_MS = 4_102_444_800_000  # 2100-01-01
MAX_NAME_BYTES = 256


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One request of one tenant, whatever format it arrived in.

    `None` means that the source did not say. Every number is finite and every text is valid Unicode: a
    decoder refuses anything else.

    Parameters
    ----------
    id
        Unique name of the request, 1 to 256 bytes.
    time
        When the request was made, in Unix milliseconds: `EARLIEST_MS` or later, before `LATEST_MS`.
    tenant
        The account that is judged, 1 to 256 bytes.
    principal
        The end user or key behind the tenant.
    prompt, response
        Text. It leaves the intake stage only as a sketch.
    embedding
        Finite floats that stand in for the prompt; any positive length that the detector is set to.
    topic
        A label that stands in for the topic the detector would assign.
    template_hash, slot_hash
        Stand in for the hashes that the detector would take of the prompt.
    organization, payment
        Opaque ids of who holds the account and what pays for it; they leave the intake stage only as a hash.
    signed_up
        When the account was opened, in Unix milliseconds, within the bounds of `time`.
    flags
        What other systems found, such as a canary hit or a guard's verdict.
    """

    id: str
    time: int
    tenant: str
    principal: str | None = None
    operation: str | None = None
    model: str | None = None
    prompt: str | None = None
    response: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias_size: int | None = None
    finish_reason: str | None = None
    status: int | None = None
    conversation_id: str | None = None
    turn: int | None = None
    cached_tokens: int | None = None
    client_ip: str | None = None
    asn: str | None = None
    user_agent: str | None = None
    fingerprint: str | None = None
    organization: str | None = None
    payment: str | None = None
    signed_up: int | None = None
    flags: tuple[str, ...] = ()
    embedding: tuple[float, ...] | None = None
    topic: str | None = None
    template_hash: str | None = None
    slot_hash: str | None = None
