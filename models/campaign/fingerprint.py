"""What the detector says of one tenant's use of one template, for others to compare.

A template is what a tenant's prompts have in common: the hash of as many words at their head or their tail as
came again while the rest was new. A fingerprint holds hashes and counts, no text.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct, pack

from models.codec import Reader
from models.errors import SnapshotError
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_PARTITION, MAX_TOPIC_BYTES

JOIN = 1
"""Requests that repeat a template with a new prompt, after which a tenant counts as one that uses it."""

SLOTS = 4
"""Smallest hashes of a tenant's prompts with a template that are kept (bottom-k sketch, Broder 1997)."""

SECOND_MS = 1000
MOST_WEAK = 1e6
MOST_REQUESTS = 2**32 - 1
WEAK_DIGITS = 3
_WEAK_STEPS = 10**WEAK_DIGITS
_MOST_WEAK = int(MOST_WEAK) * _WEAK_STEPS
_VERSION = 1
_HASH_DIGITS = 16
_HEAD = Struct("<BH")
_NUMBERS = Struct("<4Qq7IB")
_SIZE = Struct("<H")
_SLOTS = [Struct(f"<{slots}I") for slots in range(SLOTS + 1)]
_PLACE = Struct("<Iq")


@dataclass(slots=True, unsafe_hash=True)
class Fingerprint:
    """One tenant's use of one template so far; as a `RequestRef`, not to be changed and not frozen.

    All times are event times in Unix milliseconds, and whole seconds but for `time`.

    Parameters
    ----------
    tenant
        Its name.
    template
        Hash of 64 bits.
    time
        Of the request that led to this.
    started
        Of the tenant's first request.
    since, joined
        Of the first request that counts, and of the one with which there were `JOIN`.
    count
        Requests with the template and a new prompt since then, `JOIN` or more.
    requests
        All requests of the tenant since then, `count` or more.
    slots
        The smallest of the 32-bit hashes of those prompts, ascending, at most `SLOTS`; two tenants that ask
        the same have hashes in common, however many they ask.
    simhash
        64 signs of random projections of the prompt's embedding; 0 without content.
    network
        Hash of ASN and client fingerprint; 0 where the source does not say.
    weak
        The tenant's own evidence as a share of its threshold, 0 to `MOST_WEAK`, in thousandths.
    request
        Where the request can be found again, with the template's hash.
    account
        Hash of the payment or the organisation behind the account; 0 where the source does not say.
    signed_up
        When the account was opened, as the source says; 0 where it does not.
    """

    tenant: str
    template: int
    time: int
    started: int
    since: int
    joined: int
    count: int
    requests: int
    slots: tuple[int, ...]
    simhash: int
    network: int
    weak: float
    request: RequestRef
    account: int = 0
    signed_up: int = 0

    @property
    def opened(self) -> int:
        """When the account began: as the source says, else with its first request."""
        return min(self.signed_up, self.joined) if self.signed_up else self.started

    def encode(self) -> bytes:
        """Return the fingerprint as bytes; of times but `time` only the seconds, of `weak` three digits."""
        tenant, request = self.tenant.encode(), self.request
        name, topic = request.request_id.encode(), request.topic.encode()
        return b"".join(
            (
                _HEAD.pack(_VERSION, len(tenant)),
                tenant,
                _NUMBERS.pack(
                    *(self.template, self.simhash, self.network, self.account, self.time),
                    *(self.started // SECOND_MS, self.since // SECOND_MS, self.joined // SECOND_MS),
                    *(self.signed_up // SECOND_MS, self.count, self.requests),
                    *(round(self.weak * _WEAK_STEPS), len(self.slots)),
                ),
                pack(f"<{len(self.slots)}I", *self.slots),
                *(_SIZE.pack(len(name)), name, _SIZE.pack(len(topic)), topic),
                _PLACE.pack(request.partition, request.offset),
            )
        )


def decode_fingerprint(value: bytes) -> Fingerprint:
    """Read what `Fingerprint.encode` wrote.

    Raises
    ------
    SnapshotError
        The bytes are not a fingerprint of this version, or hold numbers that cannot be.
    """
    source = Reader(value)
    found = read_fingerprint(source)
    source.end()
    return found


def read_fingerprint(source: Reader) -> Fingerprint:
    """Read a fingerprint that others follow.

    Raises
    ------
    SnapshotError
        As `decode_fingerprint`.
    """
    return source.parsed(_parse)


def _parse(data: bytes, at: int) -> tuple[Fingerprint, int]:
    """Return the fingerprint that begins at a place, and where it ends; in one go, since there are many."""
    version, size = _HEAD.unpack_from(data, at)
    if version != _VERSION:
        raise SnapshotError(f"the record is not a fingerprint of version {_VERSION}")
    tenant, at = _label(data, at + _HEAD.size, size, MAX_NAME_BYTES)
    numbers = _NUMBERS.unpack_from(data, at)
    template, simhash, network, account, time, *seconds, count, requests, weak, kept = numbers
    if weak > _MOST_WEAK or kept > SLOTS:
        raise SnapshotError("the fingerprint holds numbers that cannot be")
    at += _NUMBERS.size
    slots = _SLOTS[kept].unpack_from(data, at)
    at += _SLOTS[kept].size
    (size,) = _SIZE.unpack_from(data, at)
    request_id, at = _label(data, at + _SIZE.size, size, MAX_NAME_BYTES)
    (size,) = _SIZE.unpack_from(data, at)
    topic, at = _label(data, at + _SIZE.size, size, MAX_TOPIC_BYTES)
    partition, offset = _PLACE.unpack_from(data, at)
    if partition > MAX_PARTITION or offset < 0:
        raise SnapshotError("no record can stand at the place that the fingerprint names")
    if not JOIN <= count <= requests:
        raise SnapshotError("the fingerprint holds counts that cannot be")
    started, since, joined, signed_up = [second * SECOND_MS for second in seconds]
    if not tenant or not 0 < started <= time or not 0 < since <= joined <= time:
        raise SnapshotError("the fingerprint holds times that cannot be")
    if min(started, since, signed_up or EARLIEST_MS) < EARLIEST_MS or max(time, signed_up) >= LATEST_MS:
        raise SnapshotError("the fingerprint holds times that cannot be")
    request = RequestRef(request_id, topic, partition, offset, f"{template:0{_HASH_DIGITS}x}")
    found = Fingerprint(
        *(tenant, template, time, started, since, joined, count, requests, slots, simhash, network),
        *(weak / _WEAK_STEPS, request, account, signed_up),
    )
    return found, at + _PLACE.size


def _label(data: bytes, at: int, size: int, most: int) -> tuple[str, int]:
    """Return a text of at most so many bytes, and where it ends; what follows tells whether it is whole."""
    if size > most:
        raise SnapshotError("the fingerprint holds a name that is too long")
    end = at + size
    return data[at:end].decode(), end
