"""What a tenant looked like when it had sent so many requests."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from models.codec import Reader, Writer
from models.core.ages import AGES
from models.errors import SnapshotError
from models.event import MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES

FEATURES = ("overhead", "principals", "first_turns", "new_prompts", "answers")
HIGHEST = 64.0
"""Beyond the natural logarithm of any count of tokens."""

_VERSION = 1
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class EarlyProfile:
    """Means over a tenant's first requests; no text and nothing of single prompts.

    Parameters
    ----------
    tenant
        Its name.
    age
        Requests that the means are over, one of `AGES`.
    time, started
        Event times of the last and of the first of them, in Unix milliseconds.
    intervals
        How many intervals of ten minutes hold any of them.
    overhead
        Mean of log(1 + input tokens beside the prompt): system prompt, history, tool results.
    principals
        Share of requests that name an end user, 0 to 1.
    first_turns
        Share of requests that are not the continuation of a conversation, 0 to 1.
    new_prompts
        Share of requests whose prompt the tenant had not sent before, 0 to 1.
    answers
        Mean of log(1 + output tokens).
    request
        The last of the requests.
    """

    tenant: str
    age: int
    time: int
    started: int
    intervals: int
    overhead: float
    principals: float
    first_turns: float
    new_prompts: float
    answers: float
    request: RequestRef

    def encode(self) -> bytes:
        """Return the profile as bytes, without the tenant, which is the record's key."""
        out = Writer()
        for number in (_VERSION, self.age, self.time, self.started, self.intervals):
            out.number(number)
        for name in FEATURES:
            out.real(getattr(self, name))
        request = self.request
        for text in (request.request_id, request.topic, request.template_hash):
            out.text(text)
        out.number(request.partition)
        out.number(request.offset)
        return out.finish()


def decode_profile(tenant: str, value: bytes) -> EarlyProfile:
    """Read what `EarlyProfile.encode` wrote.

    Raises
    ------
    SnapshotError
        The bytes are not a profile of this version, or hold numbers that cannot be.
    """
    source = Reader(value)
    if source.number() != _VERSION:
        raise SnapshotError(f"the record is not an early profile of version {_VERSION}")
    age, time, started = source.count(AGES[-1]), source.time(), source.time()
    intervals = source.number(1, AGES[-1])
    features = {name: source.real(0.0, HIGHEST) for name in FEATURES}
    request_id, topic = source.text(MAX_NAME_BYTES), source.text(MAX_TOPIC_BYTES)
    template = source.text(_HASH_DIGITS)
    partition, offset = source.count(MAX_PARTITION), source.count(MAX_OFFSET)
    source.end()
    if age not in AGES or not 0 < started <= time or not all(map(isfinite, features.values())):
        raise SnapshotError("the early profile holds numbers that cannot be")
    request = RequestRef(request_id, topic, partition, offset, template)
    return EarlyProfile(tenant, age, time, started, intervals, **features, request=request)
