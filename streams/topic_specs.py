"""Every topic that distillwatch needs, as it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.control.parsing import MAX_BYTES

if TYPE_CHECKING:
    from streams.settings import Settings

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
KAFKA_DEFAULT_MESSAGE_BYTES = 1_048_588
# Key, headers and framing of a record that is as large as it may be.
HEADROOM_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it has to be.

    Parameters
    ----------
    role
        The setting that names it, such as `topics.state`.
    partitions, replication
        How many it is created with.
    exact, least
        Configuration that has to hold: the same words, or at least so much (-1 is without limit).
    initial
        Configuration that it is created with and that its owner may change.
    rights
        Operations on it that a worker needs.
    fixed_partitions
        Whether another number of partitions is an error.
    theirs
        Whether it is a source, which belongs to the platform.
    """

    role: str
    name: str
    partitions: int
    replication: int
    rights: frozenset[str]
    exact: Mapping[str, str] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    initial: Mapping[str, str] = field(default_factory=dict)
    fixed_partitions: bool = False
    theirs: bool = False

    def creation_config(self) -> dict[str, str]:
        """Return the configuration to create it with."""
        return {**self.exact, **{key: str(value) for key, value in self.least.items()}, **self.initial}

    def __str__(self) -> str:
        config = ", ".join(f"{key}={value}" for key, value in sorted(self.creation_config().items()))
        return f"{self.role} {self.name!r}: partitions={self.partitions}, copies={self.replication}, {config}"


def wanted_topics(settings: Settings, source_partitions: int) -> list[TopicSpec]:
    """Return every topic that these settings need, the sources first.

    Parameters
    ----------
    source_partitions
        Partitions of a source topic; the state has as many where the source is keyed by tenant.
    """
    keyed = settings.source.keyed_by_tenant
    partitions = source_partitions if keyed else settings.topics.partitions
    return [
        *(_source(settings, f"{name}.topic", source_partitions) for name in settings.all_sources),
        *([] if keyed else [_sketches(settings)]),
        _state(settings, partitions),
        *([_population(settings, partitions)] if settings.population.enabled else []),
        *([_fingerprints(settings, partitions)] if settings.campaign_config else []),
        *([_control(settings)] if settings.control.enabled else []),
        _alerts(settings),
        *([_scores(settings)] if settings.scores.enabled else []),
        _dead_letters(settings),
    ]


def _source(settings: Settings, role: str, partitions: int) -> TopicSpec:
    source = settings.all_sources[role.removesuffix(".topic")]
    return TopicSpec(
        role=role,
        name=source.topic,
        partitions=partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ"}),
        initial={
            "cleanup.policy": "delete",
            "retention.ms": str(7 * DAY_MS),
            "max.message.bytes": str(source.max_record_bytes),
        },
        theirs=True,
    )


def _sketches(settings: Settings) -> TopicSpec:
    return TopicSpec(
        role="topics.sketches",
        name=settings.topics.sketches,
        partitions=settings.topics.partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ", "WRITE"}),
        exact={"cleanup.policy": "delete"},
        least={"retention.ms": DAY_MS, "max.message.bytes": KAFKA_DEFAULT_MESSAGE_BYTES},
        initial={"retention.ms": str(7 * DAY_MS)},
        fixed_partitions=True,
    )


def _state(settings: Settings, partitions: int) -> TopicSpec:
    largest = max(settings.state.max_snapshot_bytes + HEADROOM_BYTES, KAFKA_DEFAULT_MESSAGE_BYTES)
    return TopicSpec(
        role="topics.state",
        name=settings.topics.state,
        partitions=partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ", "WRITE"}),
        exact={"cleanup.policy": "compact"},
        least={"max.message.bytes": largest},
        # Compact early: a worker that takes over a partition reads all of it. But not at once: what a worker
        # writes after it was cut off must not outlive the newer record of its successor.
        initial={
            "min.cleanable.dirty.ratio": "0.1",
            "min.compaction.lag.ms": str(HOUR_MS),
            "segment.bytes": str(64 * 1024 * 1024),
        },
        fixed_partitions=True,
    )


def _population(settings: Settings, partitions: int) -> TopicSpec:
    return TopicSpec(
        role="topics.population",
        name=settings.topics.population,
        partitions=partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ", "WRITE"}),
        exact={"cleanup.policy": "compact,delete"},
        least={"retention.ms": 14 * DAY_MS, "max.message.bytes": KAFKA_DEFAULT_MESSAGE_BYTES},
        # Not at once: until it is read, a profile must stand before the mark that covers it.
        initial={"retention.ms": str(30 * DAY_MS), "min.compaction.lag.ms": str(DAY_MS)},
        fixed_partitions=True,
    )


def _fingerprints(settings: Settings, partitions: int) -> TopicSpec:
    return TopicSpec(
        role="topics.fingerprints",
        name=settings.topics.fingerprints,
        partitions=partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ", "WRITE"}),
        exact={"cleanup.policy": "delete"},
        least={"retention.ms": DAY_MS, "max.message.bytes": KAFKA_DEFAULT_MESSAGE_BYTES},
        initial={"retention.ms": str(7 * DAY_MS)},
        fixed_partitions=True,
    )


def _control(settings: Settings) -> TopicSpec:
    return TopicSpec(
        role="topics.control",
        name=settings.topics.control,
        partitions=1,
        replication=settings.topics.replication_factor,
        rights=frozenset({"READ"}),
        exact={"cleanup.policy": "compact"},
        least={"max.message.bytes": MAX_BYTES + HEADROOM_BYTES},
        fixed_partitions=True,
    )


def _alerts(settings: Settings) -> TopicSpec:
    return TopicSpec(
        role="topics.alerts",
        name=settings.topics.alerts,
        partitions=settings.topics.partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"WRITE"}),
        exact={"cleanup.policy": "delete"},
        least={"max.message.bytes": KAFKA_DEFAULT_MESSAGE_BYTES},
        initial={"retention.ms": str(30 * DAY_MS)},
    )


def _scores(settings: Settings) -> TopicSpec:
    return TopicSpec(
        role="topics.scores",
        name=settings.topics.scores,
        partitions=settings.topics.partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"WRITE"}),
        exact={"cleanup.policy": "delete"},
        initial={"retention.ms": str(7 * DAY_MS)},
    )


def _dead_letters(settings: Settings) -> TopicSpec:
    return TopicSpec(
        role="topics.dead_letters",
        name=settings.topics.dead_letters,
        partitions=settings.topics.partitions,
        replication=settings.topics.replication_factor,
        rights=frozenset({"WRITE"}),
        exact={"cleanup.policy": "delete"},
        least={"max.message.bytes": settings.max_record_bytes + HEADROOM_BYTES},
        initial={"retention.ms": str(14 * DAY_MS)},
    )
