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
from streams.state_record import OWN_KEY, decode_state, encode_state

Offsets = Mapping[tuple[str, int], list[int]]
"""By role and partition, where the records stood that nobody had read."""


@dataclass(slots=True)
class ImportSummary:
    """What was imported: tenants, state records in all, and records that nobody had read."""

    tenants: int = 0
    state: int = 0
    unread: int = 0


def import_state(settings: Settings, file: Path) -> ImportSummary:
    """Bring a file's state to the topics of the settings; nothing is written unless all of it can be.

    Raises
    ------
    TopicError
        A worker of the group runs, a topic is missing, has other partitions or is not empty, or we may not
        write to it.
    DistillwatchError
        The file is no state, or damaged.
    DeliveryError
        A record could not be delivered.
    BrokerError
        No broker answers.
    OSError
        The file cannot be read.
    """
    head, offsets = _verified(file)
    with open_admin(settings.kafka) as admin:
        require_stopped(admin, settings)
        plan = _plan(admin, settings, head, offsets)
    return _Import(settings, plan).run(file)


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


def _verified(file: Path) -> tuple[Head, Offsets]:
    """Read the whole file once, and note where the records stood that nobody had read."""
    offsets: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    with reading(file) as source:
        for record in source.records():
            if record.role != "state":
                offsets[record.role, record.partition].append(record.offset)
        return source.head, offsets


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

    def __init__(self, settings: Settings, plan: _Plan) -> None:
        self._plan = plan
        self._last: list[StoredRecord] = []
        self._summary = ImportSummary()
        largest = max(settings.source.max_record_bytes, settings.state.max_snapshot_bytes)
        self._producer = BulkProducer(
            settings.kafka,
            largest=largest + OVERHEAD_BYTES,
            what="a record",
            advice="delete the topics, run `distillwatch topics apply` and import again",
        )

    def run(self, file: Path) -> ImportSummary:
        """Write all of a file."""
        with reading(file) as source:
            for record in source.records():
                self._take(record)
        self._producer.finish()
        for record in self._last:
            self._write_state(record)
        self._producer.finish()
        return self._summary

    def _take(self, record: StoredRecord) -> None:
        if record.role != "state":
            self._write(record, record.value)
            self._summary.unread += record.role in self._plan.names
        elif record.key in LAST:
            self._last.append(record)
        else:
            self._write_state(record)

    def _write_state(self, record: StoredRecord) -> None:
        try:
            state = self._plan.moves[record.partition].record(record.key, decode_state(record.value or b""))
        except SnapshotError as error:
            raise DistillwatchError(
                f"the file holds a state that this release cannot read ({error}): import it with the release "
                "that wrote it"
            ) from None
        self._write(record, encode_state(state))
        self._summary.state += 1
        self._summary.tenants += not record.key.startswith(OWN_KEY)

    def _write(self, record: StoredRecord, value: bytes | None) -> None:
        name = self._plan.names.get(record.role)
        if name is not None:
            self._producer.publish(
                name, record.key, value, partition=record.partition, timestamp=record.timestamp
            )
