"""The requests that carry the evidence, to be named in a finding."""

from __future__ import annotations

from struct import Struct
from sys import intern

from models.codec import Reader, Writer
from models.event import MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES

MOST = 16
HASH_DIGITS = 16
_BEGIN = Struct("<qH")
_END = Struct("<BIqQ")


class Suspects:
    """The last strange requests, each as the bytes that the state has of it: most tenants have some."""

    __slots__ = ("_kept", "_topics")

    def __init__(self) -> None:
        self._kept: tuple[bytes, ...] = ()
        self._topics: tuple[str, ...] = ()

    def add(self, request: RequestRef, time: int) -> None:
        """Keep a request and its event time in Unix milliseconds."""
        place = request.partition, request.offset, int(request.template_hash, 16)
        self.keep(time, request.request_id.encode(), request.topic, *place)

    def keep(self, time: int, name: bytes, topic: str, partition: int, offset: int, template: int) -> None:  # noqa: PLR0917 - one for each strange request
        """Keep a request by its parts."""
        kept = _BEGIN.pack(time, len(name)) + name + _END.pack(0, partition, offset, template)
        self._kept = (*self._kept[1 - MOST :], kept)
        self._topics = (*self._topics[1 - MOST :], intern(topic))

    def clear(self) -> None:
        """Forget all."""
        self._kept = self._topics = ()

    def since(self, time: int) -> tuple[RequestRef, ...]:
        """Return what is kept of the requests since an event time, the oldest first; all if there is none."""
        both = [_read(*pair) for pair in zip(self._kept, self._topics, strict=True)]
        return tuple(request for request, when in both if when >= time) or tuple(ref for ref, _ in both)

    def dump(self, out: Writer) -> None:
        """Write the state, the name of each topic once."""
        topics = list(dict.fromkeys(self._topics))
        out.small(len(topics))
        for topic in topics:
            out.label(topic)
        out.small(len(self._kept))
        for kept, topic in zip(self._kept, self._topics, strict=True):
            number = topics.index(topic)
            out.raw(kept[: -_END.size] + bytes([number]) + kept[1 - _END.size :] if number else kept)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self.clear()
        topics = [source.label(MAX_TOPIC_BYTES) for _ in range(source.small(MOST))]
        for _ in range(source.small(MOST if topics else 0)):
            time = source.time()
            request, topic = source.label(MAX_NAME_BYTES), source.small(len(topics) - 1)
            place = topics[topic], source.half(MAX_PARTITION), source.count(MAX_OFFSET)
            self.add(RequestRef(request, *place, f"{source.word():0{HASH_DIGITS}x}"), time)


def _read(kept: bytes, topic: str) -> tuple[RequestRef, int]:
    time, _ = _BEGIN.unpack_from(kept)
    _, partition, offset, template = _END.unpack_from(kept, len(kept) - _END.size)
    name = kept[_BEGIN.size : -_END.size].decode()
    return RequestRef(name, topic, partition, offset, f"{template:0{HASH_DIGITS}x}"), time
