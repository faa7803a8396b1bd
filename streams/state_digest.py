"""What all tenants' state comes to: equal digests mean that nothing was lost and nothing counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256

from models.errors import SnapshotError
from models.snapshot import digest, peek
from streams.settings import Settings
from streams.state_record import OWN_KEY, StateRecord, decode_state
from streams.topic_reader import TopicReader

UNREADABLE = "unreadable"
TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class TenantDigest:
    """One tenant's state.

    Parameters
    ----------
    digest
        SHA-256 of the state without its place on the topics; `unreadable` or `too-large` where the topic
        holds none.
    time
        Event time of the tenant's newest request, in Unix milliseconds; 0 where it is not known.
    """

    tenant: str
    digest: str
    time: int


def tenant_digests(settings: Settings) -> list[TenantDigest]:
    """Read the state topic and return the state of every tenant, by name.

    The digests of two runs over the same input are equal, however often workers were started, stopped or
    killed. Tenants that have been idle for longer than `state.ttl_days` are left out, since when a worker
    sweeps them away depends on its pace.

    Raises
    ------
    BrokerError
        No broker answers.
    TopicError
        The state topic does not exist, or we may not read it.
    """
    found = list(_digests(settings))
    newest = max((entry.time for entry in found), default=0)
    oldest = newest - settings.state.ttl_days * 86_400_000
    return sorted(
        (entry for entry in found if entry.time >= oldest or not entry.time), key=lambda entry: entry.tenant
    )


def overall_digest(tenants: list[TenantDigest]) -> str:
    """Return one SHA-256 over the digests of all tenants, in hexadecimal."""
    total = sha256()
    for entry in tenants:
        total.update(f"{entry.digest} {entry.tenant}\n".encode())
    return total.hexdigest()


def _digests(settings: Settings) -> Iterator[TenantDigest]:
    newest: dict[tuple[int, bytes], tuple[int, TenantDigest]] = {}
    with closing(TopicReader(settings.kafka, settings.topics.state, from_beginning=True)) as reader:
        for record in reader.present():
            key = bytes(record.key() or b"")
            place = (record.partition() or 0, key)
            value = record.value()
            if key.startswith(OWN_KEY):
                continue
            if value is None:
                newest.pop(place, None)
                continue
            position, entry = _read(key, bytes(value))
            if place not in newest or position >= newest[place][0]:
                newest[place] = (position, entry)
    for _, entry in newest.values():
        yield entry


def _read(key: bytes, value: bytes) -> tuple[int, TenantDigest]:
    tenant = key.decode(errors="replace")
    try:
        state = decode_state(value)
    except SnapshotError:
        return 0, TenantDigest(tenant, UNREADABLE, 0)
    return state.position, _digest(tenant, state)


def _digest(tenant: str, state: StateRecord) -> TenantDigest:
    if not state.body:
        return TenantDigest(tenant, TOO_LARGE, 0)
    try:
        return TenantDigest(tenant, digest(state.body), peek(state.body).time)
    except SnapshotError:
        return TenantDigest(tenant, UNREADABLE, 0)
