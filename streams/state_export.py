"""All that a stopped group knows, brought into one file.

That is what stands on the state topic, each key once, and the records of our own topics that nobody has read
yet: a state is a function of what lies before its positions, and what lies behind them has still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from confluent_kafka import Message

from models.errors import SnapshotError, TopicError
from streams.admin import Admin
from streams.baseline import HEAD_KEY
from streams.broker import open_admin
from streams.population_records import PARTITION
from streams.release import release
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore
from streams.state_file import Head, StateWriter, StoredRecord, TopicPlace, writing
from streams.state_moves import position_in
from streams.state_record import OWN_KEY, PARTITION_KEY, StateRecord, decode_state, encode_state
from streams.template_state import POSITION_KEY
from streams.topic_plan import grant
from streams.topic_reader import TopicReader
from streams.topics import plan_with, problems_of

AT_ONCE = 4096


@dataclass(slots=True)
class ExportSummary:
    """What was exported: tenants, state records in all, records not read yet, and damaged ones left out."""

    tenants: int = 0
    state: int = 0
    unread: int = 0
    damaged: int = 0


def export_state(settings: Settings, file: Path) -> ExportSummary:
    """Write the state of a stopped group to a file.

    Raises
    ------
    TopicError
        A worker of the group runs, or a topic is missing or may not be read.
    BrokerError
        No broker answers.
    OSError
        The file cannot be written.
    """
    head = _head(settings)
    summary = ExportSummary()
    with ExitStack() as stack:
        stores = [
            stack.enter_context(SnapshotStore(settings.state.folder))
            for _ in range(head.topics["state"].partitions)
        ]
        _read_state(settings, stores, summary)
        with writing(file, head) as out:
            for role, starts in _starts(settings, head, stores).items():
                _write_unread(settings, out, role, head.topics[role].name, starts)
            summary.unread = out.records
            for partition, store in enumerate(stores):
                _write_state(out, partition, store, summary)
    return summary


def require_stopped(admin: Admin, settings: Settings) -> None:
    """Return if no worker of the group runs.

    Raises
    ------
    TopicError
        One does, or we may not know.
    """
    name = settings.kafka.group
    group = admin.group(name)
    if group.state == "unknown":
        raise TopicError(
            f"may not see whether workers of the group {name!r} run: "
            f"{grant(settings.kafka, 'Describe', group=name)}"
        )
    if group.members:
        raise TopicError(
            f"{group.members} workers of the group {name!r} run: stop them all, or their state changes "
            "meanwhile"
        )


def places_of(admin: Admin, settings: Settings) -> tuple[dict[str, TopicPlace], dict[str, TopicPlace]]:
    """Return the source topics by name, and our own topics by role as far as the settings use them.

    Raises
    ------
    TopicError
        One is missing, or is not as it has to be.
    """
    problems = problems_of(plan_with(admin, settings, as_worker=False))
    if problems:
        raise TopicError("\n".join(problems))
    names = {
        "state": settings.topics.state,
        **({"population": settings.topics.population} if settings.population.enabled else {}),
        **({"fingerprints": settings.topics.fingerprints} if settings.campaign_config else {}),
        **({} if settings.source.keyed_by_tenant else {"sketches": settings.topics.sketches}),
    }
    sources = [source.topic for source in settings.all_sources.values()]
    facts = admin.topics([*sources, *names.values()])
    places = {name: TopicPlace(name, facts[name].id, facts[name].partitions) for name in facts}
    return {name: places[name] for name in sources}, {role: places[name] for role, name in names.items()}


def _head(settings: Settings) -> Head:
    with open_admin(settings.kafka) as admin:
        require_stopped(admin, settings)
        sources, topics = places_of(admin, settings)
    return Head(release(), settings.kafka.group, sources, topics)


def _read_state(settings: Settings, stores: list[SnapshotStore], summary: ExportSummary) -> None:
    """Read the state topic as a worker does that restores it."""
    name = settings.topics.state
    with closing(TopicReader(settings.kafka, name, from_beginning=True)) as reader:
        records = reader.present()
        while chunk := list(islice(records, AT_ONCE)):
            for partition, part in groupby(chunk, lambda record: record.partition() or 0):
                stores[partition].restore([_decoded(record, summary) for record in part])


def _decoded(record: Message, summary: ExportSummary) -> tuple[bytes, StateRecord | None]:
    """Decode a state record; one that is damaged counts as none, for what it replaced is out of date."""
    key, value = bytes(record.key() or b""), record.value()
    try:
        return key, None if value is None else decode_state(bytes(value))
    except SnapshotError:
        summary.damaged += 1
        return key, None


def _starts(settings: Settings, head: Head, stores: list[SnapshotStore]) -> dict[str, Mapping[int, int]]:
    """Return the offset of the first record that is not in the state, by role and partition."""
    found: dict[str, Mapping[int, int]] = {}
    if "sketches" in head.topics and not settings.source.keyed_by_tenant:
        found["sketches"] = dict(enumerate(_positions(stores, PARTITION_KEY)))
    if "fingerprints" in head.topics:
        found["fingerprints"] = dict(enumerate(_positions(stores, POSITION_KEY)))
    if "population" in head.topics:
        found["population"] = {PARTITION: _positions(stores, HEAD_KEY)[PARTITION]}
    return found


def _positions(stores: list[SnapshotStore], key: bytes) -> list[int]:
    return [position_in({key: store.get(key)}, key) for store in stores]


def _write_unread(
    settings: Settings, out: StateWriter, role: str, name: str, starts: Mapping[int, int]
) -> None:
    with closing(TopicReader(settings.kafka, name, from_beginning=True, starts=starts)) as reader:
        for record in reader.present():
            out.add(_stored(role, record))


def _write_state(out: StateWriter, partition: int, store: SnapshotStore, summary: ExportSummary) -> None:
    for key, record in store.records():
        out.add(StoredRecord("state", partition, 0, record.time, key, encode_state(record)))
        summary.state += 1
        summary.tenants += not key.startswith(OWN_KEY)


def _stored(role: str, record: Message) -> StoredRecord:
    value = record.value()
    return StoredRecord(
        role,
        record.partition() or 0,
        record.offset() or 0,
        record.timestamp()[1],
        bytes(record.key() or b""),
        None if value is None else bytes(value),
    )
