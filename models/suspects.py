"""The requests that carry the evidence, to be named in a finding."""

from __future__ import annotations

from collections import deque

from models.codec import Reader, Writer
from models.event import MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES, Sketch

MOST = 16
HASH_DIGITS = 16
STRANGE = 0.02
"""A request with a p-value at or below this is kept."""


class Suspects:
    """The last strange requests."""

    def __init__(self) -> None:
        self._requests: deque[RequestRef] = deque(maxlen=MOST)

    def add(self, x: Sketch) -> None:
        """Keep a request's id, its place and its template."""
        template = next((head for head in reversed(x.heads) if head), 0)
        origin = x.origin
        kept = RequestRef(x.id, origin.topic, origin.partition, origin.offset, f"{template:0{HASH_DIGITS}x}")
        self._requests.append(kept)

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()

    def all(self) -> tuple[RequestRef, ...]:
        """Return what is kept, the oldest first."""
        return tuple(self._requests)

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.number(len(self._requests))
        for request in self._requests:
            out.text(request.request_id)
            out.text(request.topic)
            out.number(request.partition)
            out.number(request.offset)
            out.text(request.template_hash)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._requests.clear()
        for _ in range(source.count(MOST)):
            request, topic = source.text(MAX_NAME_BYTES), source.text(MAX_TOPIC_BYTES)
            partition, offset = source.count(MAX_PARTITION), source.count(MAX_OFFSET)
            self._requests.append(RequestRef(request, topic, partition, offset, source.text(HASH_DIGITS)))
