"""A file with a group's state, brought back to topics, so that workers go on where it was written.

A topic that is still the one that was exported from is left as it is. Every other must be empty: what nobody
had read is written to it, and all that the state says of places is moved along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import DistillwatchError, SnapshotError, TopicError
from streams.admin import Admin
from streams.broker import open_admin
from streams.bulk_producer import BulkProducer
from streams.dead_letters import OVERHEAD_BYTES
from streams.population_records import PARTITION
from streams.settings import Settings
from streams.state_export import places_of, require_stopped
from streams.state_file import Head, StoredRecord, TopicPlace, reading
from streams.state_moves import LAST, Move, Moved, Moves, stay
from streams.state_record import OWN_KEY, StateRecord, decode_state, encode_state

Offsets = Mapping[tuple[str, int], list[int]]
"""By role and partition, where the records stood that nobody had read."""


@dataclass(slots=True)
class ImportSummary:
    """What was imported: tenants, state records in all, and records that nobody had read.

    Parameters
    ----------
    cold
        Tenants that start cold, for their snapshot is damaged or of a version that this release cannot read.
    """

    tenants: int = 0
    state: int = 0
    unread: int = 0
    cold: int = 0


def import_state(settings: Settings, file: Path) -> ImportSummary:
    """Bring a file's state to the topics of the settings; nothing is written unless all of it can be.

    Raises
    ------
    TopicError
        A worker of the group runs, a topic is missing, has other partitions or is not empty, or we may not
        write to it.
    DistillwatchError
        The file is no state, or damaged, or this release cannot read what it holds.
    DeliveryError
        A record could not be delivered.
    BrokerError
        No broker answers.
    OSError
        The file cannot be read.
    """
    summary = ImportSummary()
    head, offsets = _verified(file, summary)
    with open_admin(settings.kafka) as admin:
        require_stopped(admin, settings)
        plan = _plan(admin, settings, head, offsets)
    _Import(settings, plan, summary).run(file)
    return summary


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the records go.

    Parameters
    ----------
    names
        Of the topics that are written to, by role.
    moves
        By partition of the state topic.
    """

    names: Mapping[str, str]
    moves: Mapping[int, Moves]


def _verified(file: Path, summary: ImportSummary) -> tuple[Head, Offsets]:
    """Read the whole file once, count its state, and note where the records stood that nobody had read."""
    offsets: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    readable = False
    with reading(file) as source:
        for record in source.records():
            if record.role == "state":
                readable |= _count(record, summary)
            else:
                offsets[record.role, record.partition].append(record.offset)
        if summary.cold and not readable:
            raise _unreadable("no snapshot of a tenant is whole and of its version")
        return source.head, offsets


def _count(record: StoredRecord, summary: ImportSummary) -> bool:
    """Count a state record; return whether it is a tenant with a snapshot that can be read."""
    before, after = _moved(record, Moves())
    summary.state += 1
    summary.tenants += not record.key.startswith(OWN_KEY)
    summary.cold += bool(before.body) and not after.body
    return bool(after.body) and not record.key.startswith(OWN_KEY)


def _moved(record: StoredRecord, moves: Moves) -> tuple[StateRecord, StateRecord]:
    """Return a state record as it was, and as it is to be written."""
    try:
        state = decode_state(record.value or b"")
        return state, moves.record(record.key, state)
    except SnapshotError as error:
        raise _unreadable(str(error)) from None


def _unreadable(why: str) -> DistillwatchError:
    return DistillwatchError(
        f"the file holds a state that this release cannot read ({why}): import it with the release that "
        "wrote it"
    )


def _plan(admin: Admin, settings: Settings, head: Head, offsets: Offsets) -> _Plan:
    sources, topics = places_of(admin, settings)
    _require_alike(head, topics)
    still = {role for role, place in topics.items() if place.id == head.topics[role].id}
    written = {role: place for role, place in topics.items() if role == "state" or role not in still}
    bases = _bases(admin, settings, written)
    same = frozenset(
        name for name, old in head.sources.items() if name in sources and sources[name].id == old.id
    )

    def move(role: str, partition: int) -> Move:
        if role in written:
            return Moved(offsets.get((role, partition), ()), bases[role, partition])
        return stay if role in topics or settings.source.topic in same else Moved(())

    moves = {
        partition: Moves(
            judged=move("sketches", partition),
            fingerprints=move("fingerprints", partition),
            population=move("population", PARTITION),
            sources=same,
        )
        for partition in range(topics["state"].partitions)
    }
    return _Plan({role: place.name for role, place in written.items()}, moves)


def _require_alike(head: Head, topics: Mapping[str, TopicPlace]) -> None:
    if topics.keys() != head.topics.keys():
        raise TopicError(
            f"the file has the topics {', '.join(sorted(head.topics))}, and the settings use "
            f"{', '.join(sorted(topics))}: make source.keyed_by_tenant, population.enabled and "
            "campaigns.enabled as they were"
        )
    for role, place in topics.items():
        if place.partitions != head.topics[role].partitions:
            raise TopicError(
                f"topics.{role} {place.name!r} has {place.partitions} partitions and the file "
                f"{head.topics[role].partitions}: create it with as many, since tenants lie by partition"
            )


def _bases(admin: Admin, settings: Settings, written: Mapping[str, TopicPlace]) -> dict[tuple[str, int], int]:
    """Return where the next record of each partition will stand; none of them may hold any."""
    facts = admin.topics([place.name for place in written.values()])
    found = {}
    for role, place in written.items():
        for lag in admin.lag(settings.kafka.group, [facts[place.name]]):
            if lag.end > lag.first:
                raise TopicError(
                    f"topics.{role} {place.name!r} is not empty: delete it, run `distillwatch topics apply`, "
                    "and import again"
                )
            found[role, lag.partition] = lag.end
    return found


class _Import:
    """Writes the records, those last that say how far a partition was processed."""

    def __init__(self, settings: Settings, plan: _Plan, summary: ImportSummary) -> None:
        self._plan = plan
        self._last: list[StoredRecord] = []
        self._summary = summary
        largest = max(settings.source.max_record_bytes, settings.state.max_snapshot_bytes)
        self._producer = BulkProducer(
            settings.kafka,
            largest=largest + OVERHEAD_BYTES,
            what="a record",
            advice="delete the topics, run `distillwatch topics apply` and import again",
        )

    def run(self, file: Path) -> None:
        """Write all of a file."""
        with reading(file) as source:
            for record in source.records():
                self._take(record)
        self._producer.finish()
        for record in self._last:
            self._write_state(record)
        self._producer.finish()

    def _take(self, record: StoredRecord) -> None:
        if record.role != "state":
            self._write(record, record.value)
            self._summary.unread += record.role in self._plan.names
        elif record.key in LAST:
            self._last.append(record)
        else:
            self._write_state(record)

    def _write_state(self, record: StoredRecord) -> None:
        _, state = _moved(record, self._plan.moves[record.partition])
        self._write(record, encode_state(state))

    def _write(self, record: StoredRecord, value: bytes | None) -> None:
        name = self._plan.names.get(record.role)
        if name is not None:
            self._producer.publish(
                name, record.key, value, partition=record.partition, timestamp=record.timestamp
            )
