"""The requests that carry the evidence, to be named in a finding."""

from __future__ import annotations

from collections import deque

from models.codec import Reader, Writer
from models.event import MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES

MOST = 16
HASH_DIGITS = 16


class Suspects:
    """The last strange requests."""

    def __init__(self) -> None:
        self._requests: deque[RequestRef] = deque(maxlen=MOST)
        self._times: deque[int] = deque(maxlen=MOST)

    def add(self, request: RequestRef, time: int) -> None:
        """Keep a request and its event time in Unix milliseconds."""
        self._requests.append(request)
        self._times.append(time)

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()
        self._times.clear()

    def since(self, time: int) -> tuple[RequestRef, ...]:
        """Return what is kept of the requests since an event time, the oldest first; all if there is none."""
        both = zip(self._requests, self._times, strict=True)
        return tuple(request for request, when in both if when >= time) or tuple(self._requests)

    def dump(self, out: Writer) -> None:
        """Write the state, the name of each topic once."""
        topics = list(dict.fromkeys(request.topic for request in self._requests))
        out.small(len(topics))
        for topic in topics:
            out.label(topic)
        out.small(len(self._requests))
        for request, time in zip(self._requests, self._times, strict=True):
            out.number(time)
            out.label(request.request_id)
            out.small(topics.index(request.topic))
            out.half(request.partition)
            out.number(request.offset)
            out.word(int(request.template_hash, 16))

    def load(self, source: Reader) -> None:
        """Read the state."""
        self.clear()
        topics = [source.label(MAX_TOPIC_BYTES) for _ in range(source.small(MOST))]
        for _ in range(source.small(MOST if topics else 0)):
            self._times.append(source.time())
            request, topic = source.label(MAX_NAME_BYTES), source.small(len(topics) - 1)
            partition, offset = source.half(MAX_PARTITION), source.count(MAX_OFFSET)
            place = topics[topic], partition, offset
            self._requests.append(RequestRef(request, *place, f"{source.word():0{HASH_DIGITS}x}"))
