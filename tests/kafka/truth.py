"""What must have been said and kept: the same records judged without a bus, one by one and once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from confluent_kafka import Message

from models.errors import SnapshotError
from models.fleet import Fleet
from models.sketch import decode_sketch
from models.snapshot import unpack
from models.tenant import TenantModel
from models.wire import joined, values_of
from streams.ocsf import to_record
from streams.record import Record
from streams.settings import Settings
from streams.source_readers import request_readers
from streams.state_record import OWN_KEY, decode_state
from tests.kafka.topic_reader import read_topic

DAY_MS = 86_400_000
Key = tuple[str, int, int]
"""What a consumer of alerts tells findings apart by: uid, activity and time."""


@dataclass
class Outcome:
    """What came of a source topic.

    Parameters
    ----------
    findings
        By key, the digest of the whole record on the alert topic.
    tenants
        By name, the digest of the state.
    events
        Requests that the states have counted, by tenant.
    repeats
        Alerts that only say again what was said.
    contradictions
        Alerts that say something else under the same key.
    """

    findings: dict[Key, str] = field(default_factory=dict)
    tenants: dict[str, str] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    contradictions: int = 0

    def add(self, value: bytes) -> None:
        """Take in a record of the alert topic."""
        record: dict[str, Any] = json.loads(value)
        key = record["finding_info"]["uid"], record["activity_id"], record["time"]
        digest = sha256(value).hexdigest()
        known = self.findings.setdefault(key, digest)
        self.contradictions += known != digest
        self.repeats += known is not digest

    def keep(self, model: TenantModel) -> None:
        """Take in a tenant's state; where on the topics it has read to is no part of it."""
        self.tenants[model.name] = sha256(model.dump()).hexdigest()
        self.events[model.name] = model.events


def judged(settings: Settings) -> Outcome:
    """Judge the source topics without a worker, one after the other."""
    requests = joined(
        [
            reader.read(
                [_consumed(record) for record in read_topic(settings.kafka.bootstrap_servers, topic)]
            ).requests
            for topic, reader in request_readers(settings).items()
        ]
    )
    ttl_ms = int(settings.state.ttl_days * DAY_MS)
    fleet = Fleet(settings.detector, lambda _tenant: None, max_tenants=1_000_000, ttl_ms=ttl_ms)
    outcome = Outcome()
    for number, value in enumerate(values_of(requests)):
        for finding in fleet.apply(decode_sketch(requests.tenants[number].encode(), value), number):
            outcome.add(to_record(finding)[1])
    for model in fleet.tenants.values():
        outcome.keep(model)
    return outcome


def found(settings: Settings) -> Outcome:
    """Read what workers have written on the alert topic and the state topic."""
    outcome, bootstrap = Outcome(), settings.kafka.bootstrap_servers
    for record in read_topic(bootstrap, settings.topics.alerts):
        outcome.add(record.value())
    for name, snapshot in _snapshots(read_topic(bootstrap, settings.topics.state)).items():
        model = TenantModel(name, settings.detector)
        model.load(unpack(snapshot)[1])
        outcome.keep(model)
    return outcome


def differences(found: Outcome, expected: Outcome) -> list[str]:
    """Return a line for everything that is not as it must be."""
    lost = expected.findings.keys() - found.findings.keys()
    foreign = found.findings.keys() - expected.findings.keys()
    other = [key for key, digest in found.findings.items() if expected.findings.get(key, digest) != digest]
    tenants = expected.tenants.keys() | found.tenants.keys()
    changed = [name for name in tenants if expected.tenants.get(name) != found.tenants.get(name)]
    counts = [f"{name}: {found.events.get(name, 0)} of {expected.events.get(name, 0)}" for name in changed]
    lines = {
        "findings lost": sorted(lost),
        "findings that should not be": sorted(foreign),
        "findings that say something else": sorted(other),
        "findings that contradict each other": found.contradictions,
        "tenants with another state, and their events": sorted(counts),
    }
    return [f"{what}: {which}" for what, which in lines.items() if which]


def _snapshots(records: Iterable[Message]) -> dict[str, bytes]:
    """Return the snapshot that counts of every tenant: that with the highest position."""
    best: dict[bytes, tuple[int, bytes]] = {}
    for record in records:
        key, value = record.key(), record.value()
        if key.startswith(OWN_KEY):
            continue
        if value is None:
            best.pop(key, None)
            continue
        try:
            state = decode_state(value)
        except SnapshotError:  # it counts as none
            best.pop(key, None)
            continue
        if key not in best or best[key][0] <= state.position:
            best[key] = state.position, state.body
    if empty := [key for key, (_, body) in best.items() if not body]:
        raise SnapshotError(f"no snapshot of {empty}")
    return {key.decode(): body for key, (_, body) in best.items()}


def _consumed(record: Message) -> Record:
    value = record.value()
    place = record.topic(), record.partition(), record.offset(), record.timestamp()[1]
    return Record(*place, record.key(), value)
